import { MAX_TOOL_RESULT_BYTES } from '../domain/tools/tool-call.js';
import type { Tool, ToolResult } from './tool.js';
import { ToolError } from './tool-error.js';

/**
 * Makes one attempt to call a tool: checks the arguments, bounds time and result size, and throws typed errors. It does not
 * wait for a tool that ignores its signal.
 *
 * @throws {ToolError} `Tool.InvalidArguments`, `Tool.Failed`, `Tool.TimedOut`; the signal's reason if it aborts.
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
  // A timer of our own, because the timer of AbortSignal.timeout does not keep the process alive.
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
  // Decoding as a stream drops an incomplete character at the end.
  return new TextDecoder().decode(kept, { stream: true }) + note;
}
