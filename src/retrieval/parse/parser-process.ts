/**
 * The parser process: `parseInProcess` starts it for one document; never import it. It reads the document from standard input, sends the
 * result to its parent, and then exits or is killed.
 */
import { buffer } from 'node:stream/consumers';
import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import { DocumentError } from '../document-error.js';
import { isTextKind } from './document-kind.js';
import { isParserTask, type ParserReport, type ParserTask } from './parser-protocol.js';
import { parseBytes, parseText } from './parsers.js';

process.once('disconnect', () => process.exit(0));
process.once('message', (task) => {
  if (isParserTask(task)) void obey(task);
});

async function obey(task: ParserTask): Promise<void> {
  try {
    report({ type: 'parsed', parsed: await parse(task, await buffer(process.stdin)) });
  } catch (error) {
    report(
      error instanceof DocumentError
        ? { type: 'failed', failureType: error.type, message: error.message }
        : { type: 'failed', failureType: undefined, message: error instanceof Error ? error.message : String(error) },
    );
  }
}

async function parse({ kind, ...context }: ParserTask, bytes: Uint8Array): Promise<ParsedDocument> {
  if (isTextKind(kind)) return parseText(kind, new TextDecoder().decode(bytes), context);
  return parseBytes(kind, bytes, context);
}

function report(message: ParserReport): void {
  process.send?.(message, undefined, {}, () => process.disconnect());
}
