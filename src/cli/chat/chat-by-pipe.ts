import { ColloquyError } from '../../client/colloquy-error.js';
import { readLines } from './input-lines.js';
import { showAnswer } from '../session/show-answer.js';
import type { ChatOptions } from './chat-options.js';

/** Sends each line of the input as a message and waits for its answer. @returns the exit code: 1 if a line was not answered */
export async function chatByPipe(options: ChatOptions): Promise<number> {
  const { input } = options.terminal;
  // The input may stay open when the program is stopped; without this, the loop would wait for the next line.
  const stopReading = (): void => void input.destroy();
  options.signal.addEventListener('abort', stopReading, { once: true });
  try {
    return await answerLines(options);
  } catch (error) {
    // What reading a destroyed stream throws among it.
    if (options.signal.aborted) return 130;
    throw error;
  } finally {
    options.signal.removeEventListener('abort', stopReading);
  }
}

async function answerLines(options: ChatOptions): Promise<number> {
  const { session, terminal, signal } = options;
  let exitCode = 0;
  for await (const line of readLines(terminal.input)) {
    if (signal.aborted) return 130;
    if ('fault' in line) {
      terminal.note(`Line ${line.number} was not sent: ${line.fault}.`);
      exitCode = 1;
      continue;
    }
    if (line.text.trim() === '') continue;
    try {
      await showAnswer(options, signal, (ask) => session.send(line.text, ask));
    } catch (error) {
      if (!(error instanceof ColloquyError)) throw error;
      terminal.note(`Line ${line.number} was not answered: ${error.message}`);
      exitCode = 1;
      if (error.type === 'SessionClosed' || error.type === 'SessionNotFound') return exitCode;
    }
  }
  return exitCode;
}
