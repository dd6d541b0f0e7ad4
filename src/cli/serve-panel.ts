import { createPanelApp, type RunPanel } from '../api/panel-app.js';
import type { ColloquyClient } from '../client/colloquy-client.js';
import type { ExpertProfile } from '../domain/panel/expert.js';
import { introduceRemoteExpert } from '../experts/remote-expert.js';
import { modelIdOf } from '../workers/resolve-model.js';
import { CliError } from './cli-error.js';
import { createCliContext, withClient, type CliContext } from './context.js';
import { loadOwnExperts } from './experts.js';
import type { ServeOptions } from './serve-options.js';
import { noteUnforeseen, serve } from './serve.js';

/** An expert here by its name, or one elsewhere, whose name may be left to it. */
export interface RemoteAddress {
  readonly name?: string;
  readonly url?: string;
}

export interface PanelServeOptions extends ServeOptions {
  readonly expert: readonly RemoteAddress[];
}

/** Makes what runs panels, for one process. */
export type OpenPanelRunner = (
  context: CliContext,
  given: { readonly client: ColloquyClient; readonly modelId: string; readonly timeoutSeconds: number },
) => Promise<RunPanel>;

const DEFAULT_TIMEOUT_SECONDS = 600;

/** Serves a panel over HTTP until Ctrl-C. @throws {FileFaultsError | CliError | ColloquyError | ListenError} */
export async function servePanel(name: string, options: PanelServeOptions, openRunner: OpenPanelRunner): Promise<void> {
  const context = createCliContext(options);
  const { config } = context;
  const experts = await findExperts(context, options.expert);
  for (const { profile: coordinator } of await loadOwnExperts(context, { names: [name] })) {
    const modelId = modelIdOf(options.model ?? config.model);
    const timeoutSeconds = options.timeout ?? DEFAULT_TIMEOUT_SECONDS;
    await withClient(context, async ({ client }) => {
      const app = createPanelApp({
        coordinator,
        experts,
        runPanel: await openRunner(context, { client, modelId, timeoutSeconds }),
        timeoutMs: timeoutSeconds * 1000,
        token: config.apiToken,
        onUnforeseen: noteUnforeseen(context),
      });
      await serve(context, options, `${name} with ${experts.map((expert) => expert.name).join(', ')}`, app);
    });
  }
}

async function findExperts(context: CliContext, wanted: readonly RemoteAddress[]): Promise<ExpertProfile[]> {
  const names = wanted.flatMap(({ name, url }) => (url === undefined && name !== undefined ? [name] : []));
  const own = await loadOwnExperts(context, { names });
  const remote = await Promise.all(
    wanted.flatMap(({ name, url }) => (url === undefined ? [] : [introduce(context, url, name)])),
  );
  const all: ExpertProfile[] = [...own.map(({ profile }) => profile), ...remote];
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (twice === undefined) return all;
  throw new CliError(`Two experts are named "${twice.name}". Name one otherwise: --expert NAME=ADDRESS.`);
}

/** Who is away at the beginning may be back later, if it is known who that is. */
async function introduce(
  { config, terminal }: CliContext,
  url: string,
  name: string | undefined,
): Promise<ExpertProfile> {
  const signal = new AbortController().signal;
  try {
    const found = await introduceRemoteExpert(url, { signal, token: config.expertToken });
    return { name: name ?? found.name, responsibility: found.responsibility, persona: '', remoteUrl: url };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (name === undefined)
      throw new CliError(`${reason} Start it, or give its name too: --expert NAME=${url}`, { cause: error });
    terminal.note(`warning: ${reason} "${name}" is asked all the same.`);
    return { name, responsibility: `What a ${name} knows.`, persona: '', remoteUrl: url };
  }
}
