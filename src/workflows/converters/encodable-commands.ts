import type { ConcludeActivationInput, ConcludeActivationOutput } from '@temporalio/workflow';

type Commands = ConcludeActivationInput['commands'];
type Command = Commands[number];

/** Commands that only report an end; their texts are repaired, not refused. */
const ANSWERS = ['respondToQuery', 'updateResponse', 'failWorkflowExecution'] as const;

/**
 * Checks that every command of a workflow can be encoded. Half of a surrogate pair in a string of a command (the name of a queue, a fairness key, an
 * id) would stop the whole worker, and with it every session. Here it ends only this workflow, as `InvalidRequest`. Payloads are JSON, in which such
 * halves are escaped.
 */
export function encodableCommands(
  { commands }: ConcludeActivationInput,
  next: (input: ConcludeActivationInput) => ConcludeActivationOutput,
): ConcludeActivationOutput {
  const answers = commands.filter(isAnswer);
  for (const answer of answers) mend(answer);
  const poisoned = commands.flatMap((command) => {
    const path = malformedPath(command);
    return path === undefined ? [] : [path];
  });
  return next({ commands: poisoned[0] === undefined ? commands : [...answers, failure(poisoned[0])] });
}

function isAnswer(command: Command): boolean {
  return ANSWERS.some((name) => command[name] !== undefined && command[name] !== null);
}

function failure(path: string): Command {
  return {
    failWorkflowExecution: {
      failure: {
        message: `The workflow cannot continue: "${path}" is not valid Unicode, because it contains half of a surrogate pair. Start it again with text in UTF-8.`,
        source: 'TypeScriptSDK',
        applicationFailureInfo: { type: 'InvalidRequest', nonRetryable: true },
      },
    },
  };
}

/** The path of a string in the value that cannot be encoded, or undefined. */
function malformedPath(value: unknown): string | undefined {
  for (const [key, each] of fieldsOf(value)) {
    if (typeof each === 'string') {
      if (!each.isWellFormed()) return key;
      continue;
    }
    if (!key.isWellFormed()) return key.toWellFormed();
    const within = malformedPath(each);
    if (within !== undefined) return `${key}.${within}`;
  }
  return undefined;
}

/** Replaces each half of a surrogate pair by U+FFFD, in all strings of the value. */
export function mend(value: object): void {
  for (const [key, each] of fieldsOf(value)) {
    if (typeof each === 'object' && each !== null) mend(each);
    else if (typeof each === 'string' && !each.isWellFormed()) Object.assign(value, { [key]: each.toWellFormed() });
  }
}

/** The entries to check. Skips bytes, which may be long, and numbers. */
function fieldsOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value);
}
