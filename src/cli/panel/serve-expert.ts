import { createExpertApp } from '../../api/expert-app.js';
import { createSessionExpert } from '../../api/session-expert.js';
import { DEFAULT_EXPERT_SECONDS } from '../../domain/panel/expert.js';
import { modelIdOf } from '../../models/resolve-model.js';
import { createCliContext, withClient } from '../context.js';
import { loadOwnExperts } from './expert-library.js';
import type { ServeOptions } from './serve-options.js';
import { noteUnforeseen, serve } from './serve.js';

/** Serves one expert over HTTP until Ctrl-C. @throws {FileFaultsError | ColloquyError | ListenError} */
export async function serveExpert(name: string, options: ServeOptions): Promise<void> {
  const context = await createCliContext(options);
  const { config } = context;
  for (const { profile } of await loadOwnExperts(context, { names: [name] })) {
    if (profile.knowledgeBases !== undefined) {
      context.terminal.note(`warning: only panels search the knowledge bases of ${name}; requests over HTTP do not.`);
    }
    const modelId = modelIdOf(options.model ?? config.model);
    const timeoutSeconds = options.timeout ?? profile.timeoutSeconds ?? DEFAULT_EXPERT_SECONDS;
    await withClient(context, async ({ client }) => {
      const app = createExpertApp({
        profile,
        answer: createSessionExpert({ client, profile, modelId, timeoutSeconds }),
        timeoutMs: timeoutSeconds * 1000,
        token: config.apiToken,
        onUnforeseen: noteUnforeseen(context),
      });
      await serve(context, options, name, app);
    });
  }
}
