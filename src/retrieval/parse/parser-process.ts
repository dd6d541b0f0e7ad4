/**
 * The parser's process: started by `parseInProcess` for one document, never imported. The document comes by standard input, the result
 * goes to the parent, and the process ends, or is ended.
 */
import { buffer } from 'node:stream/consumers';
import { DocumentError } from '../document-error.js';
import { parseDocx } from './parse-docx.js';
import { parseHtml } from './parse-html.js';
import { parsePdf } from './parse-pdf.js';
import type { ParsedText } from './parsed-text.js';
import { isParserTask, type ParserReport, type ParserTask } from './parser-protocol.js';

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

async function parse({ kind, name, limits }: ParserTask, bytes: Uint8Array): Promise<ParsedText> {
  switch (kind) {
    case 'pdf':
      return parsePdf(bytes, name, limits);
    case 'docx':
      return parseDocx(bytes, name, limits);
    case 'html':
      return parseHtml(new TextDecoder().decode(bytes));
  }
}

function report(message: ParserReport): void {
  process.send?.(message, undefined, {}, () => process.disconnect());
}
