import { decideTool } from '../../inference/structured/decide-tool.js';
import type { DecideToolRequest, DecideToolResult } from '../../inference/structured/decide-tool.js';
import type { LanguageModel } from '../../inference/language-model.js';
import { checkedDecoding } from './checked-decoding.js';
import { timeLeft } from './write-text.js';

export interface DecideCallRequest extends Omit<DecideToolRequest, 'timeoutMs'> {
  /** ISO 8601 */
  readonly deadline?: string | undefined;
}

/** Lets a model decide whether to answer now or to call a tool. @throws {ModelError} as `decideTool`; `Model.InvalidRequest` as `writeText` */
export async function decideCall(
  model: LanguageModel,
  { deadline, decoding, ...request }: DecideCallRequest,
  signal: AbortSignal,
): Promise<Pick<DecideToolResult, 'decision' | 'usage'>> {
  const checked = { ...request, decoding: checkedDecoding(decoding), ...timeLeft(deadline) };
  const { decision, usage } = await decideTool(model, checked, { signal });
  return { decision, usage };
}
