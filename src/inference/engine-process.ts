/**
 * The engine's process: started by `openNodeLlamaCppModel`, never imported. It obeys its parent's commands and ends with it.
 */
import { isEngineCommand, toEngineFailure, type EngineCommand, type EngineReport } from './engine-protocol.js';
import { openInProcessModel, type InProcessModel } from './in-process-model.js';

let model: InProcessModel | undefined;
const running = new Map<number, AbortController>();
/** Requests that are not answered yet. */
const working = new Set<number>();

// Ctrl-C and service managers signal the whole group: the parent decides when running answers end, and says so.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// However the parent ends, the channel closes.
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (isEngineCommand(message)) void obey(message);
});

async function obey(command: EngineCommand): Promise<void> {
  switch (command.type) {
    case 'open':
      return open(command.options);
    case 'generate':
      return answer(command.id, () => generate(command));
    case 'search':
      return answer(command.id, () => search(command));
    case 'count':
      return answer(command.id, async () => {
        const tokens = await opened().countPromptTokens(command.prompt);
        return { type: 'counted', id: command.id, tokens };
      });
    case 'forget':
      return answer(command.id, async () => {
        await opened().forget(command.cacheKey);
        return { type: 'forgotten', id: command.id };
      });
    case 'cancel':
      running.get(command.id)?.abort();
      return;
    case 'ping':
      report({ type: 'pong', working: [...working] });
      return;
    case 'dispose':
      await model?.dispose();
      process.disconnect();
      process.exit(0);
  }
}

async function open(options: Extract<EngineCommand, { type: 'open' }>['options']): Promise<void> {
  try {
    model = await openInProcessModel({ ...options, onNotice: (notice) => report({ type: 'notice', notice }) });
    const { contextTokens, sequences } = model;
    report({ type: 'opened', contextTokens, sequences });
  } catch (error) {
    report({ type: 'not-opened', failure: toEngineFailure(error) });
  }
}

async function answer(id: number, work: () => Promise<EngineReport>): Promise<void> {
  working.add(id);
  try {
    report(await work());
  } catch (error) {
    report({ type: 'failed', id, failure: toEngineFailure(error) });
  } finally {
    working.delete(id);
  }
}

function generate({ id, request, cancelled }: Extract<EngineCommand, { type: 'generate' }>): Promise<EngineReport> {
  return cancellable(id, cancelled, async (signal) => {
    const onDelta = (delta: Extract<EngineReport, { type: 'delta' }>['delta']) => report({ type: 'delta', id, delta });
    return { type: 'result', id, result: await opened().generate(request, { signal, onDelta }) };
  });
}

function search({ id, request, cancelled }: Extract<EngineCommand, { type: 'search' }>): Promise<EngineReport> {
  return cancellable(id, cancelled, async (signal) => ({
    type: 'found',
    id,
    result: await opened().beamSearch(request, { signal }),
  }));
}

async function cancellable<T>(id: number, cancelled: boolean, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  if (cancelled) controller.abort();
  running.set(id, controller);
  try {
    return await work(controller.signal);
  } finally {
    running.delete(id);
  }
}

function opened(): InProcessModel {
  if (model === undefined) throw new Error('The engine was given work before its model was open');
  return model;
}

function report(message: EngineReport): void {
  // A parent that has just died makes this fail; the disconnect that follows ends this process.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
