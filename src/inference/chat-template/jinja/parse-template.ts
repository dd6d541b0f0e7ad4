import { parse, tokenize, type TemplateNode, type TemplateToken } from './library.js';
import { lineMarks } from './source-lines.js';
import { TemplateError } from './template-error.js';

/** Name of the filter that turns a value into printed text. A template cannot spell it. */
export const PRINT = 'print as Python does';
/** Prefix of the names of filters that implement tests with arguments. */
export const TEST_FILTER = 'test ';
/** Prefix of comments that give the line of the next statement. */
export const LINE_COMMENT = 'line ';

/**
 * Parses a template with transformers' settings (`trim_blocks`, `lstrip_blocks`). Wraps @huggingface/jinja's parser, which lacks tests with
 * arguments (`is divisibleby(2)`), line numbers, and Python's newlines.
 *
 * @throws {TemplateError} with the line, for syntax that the parser does not support.
 */
export function parseTemplate(template: string): TemplateNode {
  const source = template.replace(/\r\n?/gu, '\n');
  let position = 0;
  try {
    const tokens = withLines(
      withoutTestArguments(tokenize(source, { lstrip_blocks: true, trim_blocks: true })),
      source,
    );
    refuseChains(tokens);
    // The parser does not say where it stopped, so this records the furthest token that it read.
    const watched = new Proxy(tokens, {
      get(target, key) {
        const index = typeof key === 'string' ? Number(key) : NaN;
        if (index > position) position = index;
        return Reflect.get(target, key) as unknown;
      },
    });
    try {
      return printing(parse(watched));
    } catch (error) {
      throw parseError(error, lineAt(tokens, position));
    }
  } catch (error) {
    throw error instanceof TemplateError ? error : parseError(error, undefined);
  }
}

function parseError(error: unknown, line: number | undefined): TemplateError {
  const reason = error instanceof Error ? error.message : String(error);
  return new TemplateError(reason, { line, cause: error });
}

function lineAt(tokens: readonly TemplateToken[], position: number): number | undefined {
  const mark = tokens.slice(0, position + 1).findLast(isLineComment);
  return mark && Number(mark.value.slice(LINE_COMMENT.length));
}

function isLineComment({ type, value }: TemplateToken): boolean {
  return type === 'Comment' && value.startsWith(LINE_COMMENT);
}

function isOpening({ type }: TemplateToken): boolean {
  return type === 'OpenStatement' || type === 'OpenExpression';
}

/** Inserts a comment with the line before each statement and expression. */
function withLines(tokens: readonly TemplateToken[], source: string): readonly TemplateToken[] {
  const marks = lineMarks(source);
  // If the two find different numbers of statements, errors give no line, because it could be wrong.
  if (tokens.filter(isOpening).length !== marks.length) return tokens;
  let next = 0;
  return tokens.flatMap((token) =>
    isOpening(token) ? [{ type: 'Comment', value: `${LINE_COMMENT}${marks[next++] ?? 0}` }, token] : [token],
  );
}

const LITERALS = new Set(['StringLiteral', 'NumericLiteral']);

/** Converts `x is divisibleby(2)` and `x is eq 'a'` to filters with arguments, which have the same precedence. */
function withoutTestArguments(tokens: readonly TemplateToken[]): readonly TemplateToken[] {
  const rewritten: TemplateToken[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    const negated = isName(tokens[at + 1], 'not');
    const test = tokens[at + (negated ? 2 : 1)];
    const argument = tokens[at + (negated ? 3 : 2)];
    const hasArgument = argument?.type === 'OpenParen' || LITERALS.has(argument?.type ?? '');
    if (!isName(token, 'is') || test?.type !== 'Identifier' || !hasArgument || argument === undefined) {
      rewritten.push(token);
      continue;
    }
    const name = `${TEST_FILTER}${negated ? 'not ' : ''}${test.value}`;
    rewritten.push({ type: 'Pipe', value: '|' }, { type: 'Identifier', value: name });
    if (argument.type !== 'OpenParen') {
      rewritten.push({ type: 'OpenParen', value: '(' }, argument, { type: 'CloseParen', value: ')' });
    }
    at += (negated ? 3 : 2) - (argument.type === 'OpenParen' ? 1 : 0);
  }
  return rewritten;
}

const BOUNDARIES = new Set(['and', 'or', 'if', 'else']);

/** Refuses `a < b < c`, which Python reads as `a < b and b < c` while the parser silently reads it as `(a < b) < c`. */
function refuseChains(tokens: readonly TemplateToken[]): void {
  const seen = [0];
  for (const [position, { type, value }] of tokens.entries()) {
    if (type.startsWith('Open')) seen.push(0);
    else if (type.startsWith('Close')) seen.pop();
    else if (
      type === 'Comma' ||
      type === 'Equals' ||
      type === 'Colon' ||
      (type === 'Identifier' && BOUNDARIES.has(value))
    ) {
      seen[seen.length - 1] = 0;
    } else if (type === 'ComparisonBinaryOperator' || (type === 'Identifier' && value === 'in')) {
      const count = (seen.at(-1) ?? 0) + 1;
      seen[seen.length - 1] = count;
      if (count > 1) {
        throw new TemplateError('comparisons in a chain are not supported', { line: lineAt(tokens, position) });
      }
    }
  }
}

function isName(token: TemplateToken | undefined, name: string): boolean {
  return token?.type === 'Identifier' && token.value === name;
}

const STATEMENTS = new Set([
  'Set',
  'If',
  'For',
  'Macro',
  'CallStatement',
  'FilterStatement',
  'Break',
  'Continue',
  'Comment',
  'StringLiteral',
]);

type NodeClass<Fields extends readonly unknown[]> = new (...fields: Fields) => TemplateNode;

/** The library identifies nodes by their classes, which it does not export; this takes them from the nodes of `{{ a|b }}`. */
const sample = parse(tokenize('{{ a|b }}', { lstrip_blocks: true, trim_blocks: true })).body?.[0];
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- constructors of the nodes of a known template
const FilterNode = sample?.constructor as NodeClass<[operand: TemplateNode, filter: TemplateNode]>;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
const NameNode = sample?.filter?.constructor as NodeClass<[name: string]>;

/** Wraps each printed expression of the tree in a filter that prints it as Python does. */
function printing(node: TemplateNode): TemplateNode {
  for (const statements of [node.body, node.alternate, node.defaultBlock]) {
    if (!Array.isArray(statements)) continue;
    for (const [index, statement] of statements.entries()) {
      statements[index] = STATEMENTS.has(statement.type)
        ? printing(statement)
        : new FilterNode(statement, new NameNode(PRINT));
    }
  }
  return node;
}
