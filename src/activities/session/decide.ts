import { log } from '@temporalio/activity';
import type { DecideInput, DecideOutput } from '../../domain/session/tool-turn.js';
import { decideCall } from '../answer/decide-call.js';
import { withHeartbeat } from '../with-heartbeat.js';
import type { TurnDependencies } from './generation.js';
import { fitPrompt } from './prompt-window.js';

export interface DecideActivities {
  /** Lets the model decide whether to answer now or to call a tool. */
  decide(input: DecideInput): Promise<DecideOutput>;
}

export function createDecideActivities(dependencies: TurnDependencies): DecideActivities {
  return { decide: (input) => withHeartbeat((signal) => decideTurn(input, dependencies, signal)) };
}

async function decideTurn(
  input: DecideInput,
  { getModel, conversations, toolCalls, workerQueue }: TurnDependencies,
  signal: AbortSignal,
): Promise<DecideOutput> {
  const { sessionId, turn, callCount, decoding, deadline } = input;
  const model = await getModel(input.modelId);
  const conversation = await conversations.before(input);
  const calls = callCount === 0 ? [] : await toolCalls(sessionId, turn);
  const { bare } = await fitPrompt(model, conversation, { ...input, calls, asksForTool: true, thinks: false });
  const tools = conversation.tools ?? [];
  const request = { prompt: bare, tools, calls, decoding, deadline, cacheKey: sessionId };
  const { decision, usage } = await decideCall(model, request, signal);
  conversations.remember(sessionId, conversation);
  log.info('Tool decided', { turn, action: decision.action, ...usage });
  return { decision, usage, ...(workerQueue !== undefined && { workerQueue }) };
}
