import { checkedDecoding } from '../answer/checked-decoding.js';
import { Context, log } from '@temporalio/activity';
import type { DecideInput, DecideOutput } from '../../domain/session/tool-turn.js';
import { decideTool } from '../../inference/structured/decide-tool.js';
import type { GenerationDependencies } from './generation.js';
import { startHeartbeat } from '../heartbeat.js';
import { fitPrompt } from './prompt-window.js';
import { toFailure } from '../to-failure.js';

export interface DecideActivities {
  /** Lets the model decide whether to answer now or to call a tool. */
  decide(input: DecideInput): Promise<DecideOutput>;
}

export function createDecideActivities(dependencies: Omit<GenerationDependencies, 'publisher'>): DecideActivities {
  return {
    async decide(input) {
      const context = Context.current();
      const heartbeat = startHeartbeat(context, () => undefined);
      try {
        return await decideTurn(input, dependencies, context.cancellationSignal);
      } catch (error) {
        if (context.cancellationSignal.aborted) await context.cancelled;
        throw toFailure(error);
      } finally {
        heartbeat.stop();
      }
    },
  };
}

async function decideTurn(
  input: DecideInput,
  { getModel, conversations, toolCalls, workerQueue }: Omit<GenerationDependencies, 'publisher'>,
  signal: AbortSignal,
): Promise<DecideOutput> {
  const { sessionId, turn, callCount, deadline } = input;
  const model = await getModel(input.modelId);
  const conversation = await conversations.before(input);
  const calls = callCount === 0 ? [] : await toolCalls(sessionId, turn);
  const window = await fitPrompt(model, conversation, { ...input, calls, asksForTool: true, thinks: false });
  const { decision, usage } = await decideTool(
    model,
    {
      prompt: window.bare,
      tools: conversation.tools ?? [],
      calls,
      decoding: checkedDecoding(input.decoding),
      cacheKey: sessionId,
      ...(deadline !== undefined && { timeoutMs: Math.max(1, Date.parse(deadline) - Date.now()) }),
    },
    { signal },
  );
  conversations.remember(sessionId, conversation);
  log.info('Tool decided', { turn, action: decision.action, ...usage });
  return { decision, usage, ...(workerQueue !== undefined && { workerQueue }) };
}
