import { MAX_TOOL_RESULT_BYTES } from '../domain/tools/tool-call.js';
import type { Tool, ToolResult } from './tool.js';
import { ToolError } from './tool-error.js';

/**
 * One attempt at a call: arguments checked, time and size bounded, errors typed. A tool that heeds no signal is left behind.
 *
 * @throws {ToolError} `Tool.InvalidArguments`, `Tool.Failed`, `Tool.TimedOut`; the signal's reason when it aborts.
 */
export async function callTool(
  tool: Tool,
  args: unknown,
  { signal, idempotencyKey }: { readonly signal: AbortSignal; readonly idempotencyKey: string },
): Promise<string> {
  signal.throwIfAborted();
  const { name, timeoutMs } = tool;
  const deadline = new AbortController();
  const either = AbortSignal.any([signal, deadline.signal]);
  // Of our own, as that of AbortSignal.timeout lets the process end before it.
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  const stopped = new Promise<never>((_resolve, reject) => {
    either.addEventListener('abort', () => reject(either.reason), { once: true });
  });
  try {
    return toText(name, await Promise.race([stopped, tool.call(args, { signal: either, idempotencyKey })]));
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.signal.aborted) {
      throw new ToolError('Tool.TimedOut', `Tool "${name}" took longer than ${timeoutMs} ms.`, { cause: error });
    }
    if (error instanceof ToolError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ToolError('Tool.Failed', `Tool "${name}" failed: ${reason}`, { cause: error, retryable: true });
  } finally {
    clearTimeout(timer);
  }
}

function toText(name: string, result: ToolResult | undefined): string {
  const text = typeof result === 'string' ? result : JSON.stringify(result);
  if (text === undefined) throw new ToolError('Tool.Failed', `Tool "${name}" gave neither text nor a JSON value.`);
  const whole = text.toWellFormed();
  const bytes = Buffer.byteLength(whole);
  if (bytes <= MAX_TOOL_RESULT_BYTES) return whole;
  const note = `\n[cut here: the result has ${bytes.toLocaleString('en')} bytes]`;
  const kept = Buffer.from(whole).subarray(0, MAX_TOOL_RESULT_BYTES - Buffer.byteLength(note));
  // As if more were to come: half a character at the end is kept back.
  return new TextDecoder().decode(kept, { stream: true }) + note;
}
