/**
 * Entry of the engine's process: started by `openNodeLlamaCppModel`, never imported. It obeys its parent's commands and ends with it.
 */
import { isEngineCommand, type EngineCommand, type EngineReport } from './engine-protocol.js';
import { openInProcessModel, type InProcessModel } from '../llama/in-process-model.js';
import { linkToParent, type ParentLink } from './native-process-child.js';

let model: InProcessModel | undefined;

const parent: ParentLink<EngineReport> = linkToParent<EngineCommand, EngineReport>(isEngineCommand, async (command) => {
  switch (command.type) {
    case 'open':
      return open(command.options);
    case 'generate':
      return generate(command);
    case 'search':
      return search(command);
    case 'count':
      return parent.answer(command.id, async () => {
        const tokens = await opened().countPromptTokens(command.prompt);
        return { type: 'counted', id: command.id, tokens };
      });
    case 'forget':
      return parent.answer(
        command.id,
        async () => {
          await opened().forget(command.cacheKey);
          return { type: 'forgotten', id: command.id };
        },
        () => opened().progressOf(),
      );
    case 'cancel':
      parent.cancel(command.id);
      return;
    case 'dispose':
      await model?.dispose();
      parent.leave();
  }
});

function open(options: Extract<EngineCommand, { type: 'open' }>['options']): Promise<void> {
  return parent.open(async (onLoading) => {
    model = await openInProcessModel({
      ...options,
      onNotice: (notice) => parent.report({ type: 'notice', notice }),
      onLoading,
    });
    const { contextTokens, sequences, cacheBytes, onGpu } = model;
    return { type: 'opened', contextTokens, sequences, cacheBytes, onGpu };
  });
}

function generate(command: Extract<EngineCommand, { type: 'generate' }>): Promise<void> {
  const { id, request } = command;
  const work = async (signal: AbortSignal): Promise<EngineReport> => {
    const onDelta = (delta: Extract<EngineReport, { type: 'delta' }>['delta']) =>
      parent.report({ type: 'delta', id, delta });
    const onProgress = (progress: Extract<EngineReport, { type: 'progress' }>['progress']) =>
      parent.report({ type: 'progress', id, progress });
    return { type: 'result', id, result: await opened().generate(request, { signal, onDelta, onProgress }) };
  };
  return parent.cancellable(command, work, (signal) => opened().progressOf(signal));
}

function search(command: Extract<EngineCommand, { type: 'search' }>): Promise<void> {
  const { id, request } = command;
  const work = async (signal: AbortSignal): Promise<EngineReport> => {
    const onStep = (progress: Extract<EngineReport, { type: 'step' }>['progress']) =>
      parent.report({ type: 'step', id, progress });
    return { type: 'found', id, result: await opened().beamSearch(request, { signal, onStep }) };
  };
  return parent.cancellable(command, work, (signal) => opened().progressOf(signal));
}

function opened(): InProcessModel {
  if (model === undefined) throw new Error('The engine was given work before its model was open');
  return model;
}
