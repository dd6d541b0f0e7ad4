import type { Transcript } from '../../client/read-transcript.js';
import { formatTranscript } from './format-transcript.js';
import { printable } from '../terminal.js';
import type { Terminal } from '../terminal.js';

/** Prints a transcript for people. Thoughts are shown on a screen alone, dimmed: a program that reads along gets what was said. */
export function printTranscript(terminal: Terminal, transcript: Transcript): void {
  const { messages } = transcript;
  if (messages.length === 0) terminal.print(formatTranscript(transcript));
  for (const message of messages) {
    const { turn, thinking = message.failure?.partial?.thinking } = message;
    const thoughts = thinking === undefined ? '' : `${turn} thoughts: ${thinking}\n`;
    if (terminal.out.isTTY === true && message.role === 'assistant') terminal.think(thoughts);
    terminal.print(printable(formatTranscript({ ...transcript, messages: [message] })));
    if (terminal.out.isTTY === true && message.role === 'user') terminal.think(thoughts);
  }
}
