import { prepareHome } from '../../artefacts/home.js';
import type { ColloquyClient } from '../../client/colloquy-client.js';
import { connect, resolveConnection } from '../../client/connect.js';
import { faultOfSessionId, sessionWorkflowId } from '../../domain/session/session-id.js';
import { serveStream, startDatabaseParts, startWorkers, useTemporalServer } from '../../workers/stack/start-stack.js';
import type { StackContext } from '../../workers/stack/start-stack.js';
import { modelIdOf, resolveModel } from '../../models/resolve-model.js';
import { Shutdown } from '../../workers/stack/shutdown.js';
import { readStackState } from '../../run-folder/stack-state.js';
import type { OwnedStackState, StackState } from '../../run-folder/stack-state.js';
import { openTokenStream } from '../../streaming/open-token-stream.js';
import { runChat } from '../chat/chat.js';
import { CliError } from '../cli-error.js';
import { workflowLink } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { withFetching } from '../fetching.js';
import {
  assertOneSession,
  newSessionSettings,
  openSession,
  sessionToGoOnWith,
  startSession,
} from '../session/open-session.js';
import type { ChosenSession, SessionOptions } from '../session/open-session.js';

/** The model worker learns of it at its next heartbeat. A server that is down must not delay the end. */
const STOP_ANSWER_LIMIT_MS = 5_000;

/** Options of `colloquy start`. */
export interface StartOptions extends GlobalOptions, SessionOptions {
  readonly chat: boolean;
  readonly temporalPort?: number;
  readonly uiPort?: number;
}

/** Starts what does not run yet, and chats until the end. @returns the exit code */
export async function runStart(context: CliContext, options: StartOptions): Promise<number> {
  const { terminal, home } = context;
  await checkArguments(context, options);
  const shutdown = new Shutdown({ onNotice: (line) => terminal.note(line) });
  const stopListening = shutdown.listen();
  try {
    await prepareHome(home);
    const running = readStackState(home);
    if (running) return await chatOnRunningStack(context, options, running, shutdown);
    return await withFetching(context, shutdown.signal, (fetching) =>
      startStackAndChat({ ...context, fetching, shutdown, onNotice: fetching.onNotice }, options),
    );
  } catch (error) {
    // These failures result from stopping, which the user requested, so they are not reported.
    if (shutdown.signal.aborted) return 130;
    throw error;
  } finally {
    await shutdown.run();
    stopListening();
  }
}

/** Reports obvious mistakes before anything is fetched or started. */
async function checkArguments({ config }: CliContext, options: StartOptions): Promise<void> {
  if (isNew(options)) {
    await newSessionSettings(options, config);
    return;
  }
  const fault = options.session === undefined ? undefined : faultOfSessionId(options.session);
  if (fault !== undefined) throw new CliError(fault);
  modelIdOf(options.model ?? config.model);
  if (!options.chat) throw new CliError('--session and --continue need a chat: omit them, or omit --no-chat.');
  // --model is allowed here, because the stack that is about to start must know the model.
  assertOneSession({ ...options, model: undefined });
}

function isNew({ session, continue: goesOn }: StartOptions): boolean {
  return session === undefined && !goesOn;
}

async function startStackAndChat(context: CliContext & StackContext, options: StartOptions): Promise<number> {
  const { config, terminal, fetching, shutdown } = context;
  // Fetches the model before any process runs that would have to be stopped again. Only the server knows the model of an earlier session.
  const wanted = isNew(options) ? await resolveModel(options.model ?? config.model, fetching) : undefined;
  const server = await useTemporalServer(context, {
    address: options.temporal,
    namespace: options.namespace,
    port: options.temporalPort ?? config.temporalPort,
    uiPort: options.uiPort ?? config.uiPort,
  });
  const streamSocket = await serveStream(context);
  const client = await connectClient(context, { ...server, streamSocket });
  const earlier = await earlierSession(client, options);
  const model = options.model ?? earlier?.modelId ?? config.model;
  const { modelId } = wanted ?? (await resolveModel(model, fetching));
  terminal.status(`loading ${modelId}…`);
  const stack = await startWorkers(context, { server, streamSocket, model, modelId });
  terminal.status(undefined);
  // Starts these last: they would take cores from the model, and the chat does not need them.
  const databaseAnswers = startDatabaseParts(context, { server, isServerSet: config.databaseUrl !== undefined });
  if (options.chat) return chat(context, options, { client, stack, earlier });

  // After "Ready.", the user may create a knowledge base at once, which needs the database.
  const stopped = new Promise((resolve) => shutdown.signal.addEventListener('abort', resolve, { once: true }));
  await Promise.race([databaseAnswers, stopped]);
  if (shutdown.signal.aborted) return 0;
  terminal.note(
    `Ready. Temporal at ${server.address}${server.uiUrl === undefined ? '' : `, UI at ${server.uiUrl}`}. Ctrl-C stops all.`,
  );
  await stopped;
  return 0;
}

async function chatOnRunningStack(
  context: CliContext,
  options: StartOptions,
  stack: OwnedStackState,
  shutdown: Shutdown,
): Promise<number> {
  const { config, terminal } = context;
  if (!options.chat) {
    throw new CliError(
      `A stack is already running on this data folder (process ${stack.owner.pid}). To run a second one, set COLLOQUY_HOME.`,
    );
  }
  const client = await connectClient({ ...context, shutdown }, { ...stack, address: stack.temporalAddress });
  const earlier = await earlierSession(client, options);
  const model = options.model ?? earlier?.modelId ?? config.model;
  const modelId = modelIdOf(model);
  if (!stack.models.includes(modelId)) {
    throw new CliError(
      `The running stack (process ${stack.owner.pid}) serves ${stack.models.join(', ')}, not ${modelId}. ` +
        `Stop it, or add a worker to it: colloquy worker model --model ${model}, then colloquy chat`,
    );
  }
  terminal.note(`Using the running stack (process ${stack.owner.pid}).`);
  return chat({ ...context, shutdown }, options, { client, stack, earlier });
}

async function connectClient(
  context: CliContext & { readonly shutdown: Shutdown },
  where: { readonly address: string; readonly namespace: string; readonly streamSocket: string },
): Promise<ColloquyClient> {
  const { config, terminal, shutdown } = context;
  const stream = await openTokenStream({
    redisUrl: config.redisUrl,
    namespace: resolveConnection(where).namespace,
    socketPath: where.streamSocket,
    onNotice: (line) => terminal.note(line),
  });
  shutdown.add('the token stream reader', () => stream.close());
  const client = await connect({ ...where, stream });
  shutdown.add('the client', () => client.close());
  return client;
}

/** @returns undefined if a new session is wanted. @throws if the session cannot continue, or not with the requested model. */
async function earlierSession(client: ColloquyClient, options: StartOptions): Promise<ChosenSession | undefined> {
  const { model } = options;
  const session = await sessionToGoOnWith(client, { ...options, model: undefined });
  if (session === undefined) return undefined;
  const chosen = await openSession(client, { session });
  if (model !== undefined && modelIdOf(model) !== chosen.modelId) {
    throw new CliError(
      `Session "${session}" keeps its model, "${chosen.modelId}". Omit --model, or start a new session.`,
    );
  }
  return chosen;
}

async function chat(
  { config, terminal, shutdown, home }: CliContext & { readonly shutdown: Shutdown },
  options: StartOptions,
  use: { readonly client: ColloquyClient; readonly stack: StackState; readonly earlier: ChosenSession | undefined },
): Promise<number> {
  const { client, stack } = use;
  const { session, modelId, isContinued } = use.earlier ?? (await startSession(client, options, config));
  const { uiUrl, namespace } = stack;
  const uiLink = (sessionId: string): string | undefined =>
    uiUrl && workflowLink(uiUrl, namespace, sessionWorkflowId(sessionId));
  const link = uiLink(session.sessionId);
  terminal.note(`session ${session.sessionId} · ${modelId}`);
  if (link !== undefined) terminal.note(`Temporal UI: ${link}`);
  const { signal } = shutdown;
  const chatting = runChat({ client, session, modelId, isContinued, terminal, uiLink, home, signal });
  // Stops a running answer first, because only a running worker can hand over the text that was shown.
  const settled = chatting.then(
    () => undefined,
    () => undefined,
  );
  shutdown.add('the chat', () => settled, STOP_ANSWER_LIMIT_MS);
  return chatting;
}
