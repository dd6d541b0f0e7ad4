import { createPanelApp } from '../../api/panel-app.js';
import { createPanelRunner } from '../../api/run-panel.js';
import { modelIdOf } from '../../models/resolve-model.js';
import { createCliContext, withClient } from '../context.js';
import { loadOwnExperts } from './expert-library.js';
import { resolveExperts, type ExpertAddress } from './resolve-experts.js';
import type { ServeOptions } from './serve-options.js';
import { noteUnforeseen, serve } from './serve.js';

export interface PanelServeOptions extends ServeOptions {
  readonly expert: readonly ExpertAddress[];
  readonly rounds?: number;
}

const DEFAULT_TIMEOUT_SECONDS = 600;

/** Serves a panel over HTTP until Ctrl-C. @throws {FileFaultsError | CliError | ColloquyError | ListenError} */
export async function servePanel(name: string, options: PanelServeOptions): Promise<void> {
  const context = await createCliContext(options);
  const { config } = context;
  const experts = await resolveExperts(context, options.expert);
  for (const { profile: coordinator } of await loadOwnExperts(context, { names: [name] })) {
    const modelId = modelIdOf(options.model ?? config.model);
    const timeoutSeconds = options.timeout ?? DEFAULT_TIMEOUT_SECONDS;
    await withClient(context, async ({ client }) => {
      const app = createPanelApp({
        coordinator,
        experts,
        runPanel: createPanelRunner({ client, modelId, timeoutSeconds, rounds: options.rounds }),
        timeoutMs: timeoutSeconds * 1000,
        token: config.apiToken,
        onUnforeseen: noteUnforeseen(context),
      });
      await serve(context, options, `${name} with ${experts.map((expert) => expert.name).join(', ')}`, app);
    });
  }
}
