import { Option } from 'commander';
import type { Command } from 'commander';
import { SESSION_STATUS_FILTERS } from '../../client/session-query.js';
import type { SessionFilter } from '../../client/session-query.js';
import type { SessionSummary } from '../../client/session-summary.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { wholeNumber } from '../option-parsers.js';
import { formatTable, printable } from '../terminal.js';

interface SessionsOptions extends GlobalOptions, Pick<SessionFilter, 'persona' | 'status' | 'minTurns'> {
  readonly user?: string;
  readonly model?: string;
  readonly text?: string;
  readonly json?: boolean;
  readonly limit: number;
}

export function addSessionsCommand(program: Command): void {
  program
    .command('sessions')
    .description('List sessions: open ones first, newest first. Each option narrows the list.')
    .option('-u, --user <id>', 'of this user')
    .option('-m, --model <model>', 'with this model')
    .option('--persona <persona>', 'with this persona, given whole or as listed by --json')
    .addOption(
      new Option('--status <status>', 'in this state; "open" includes sessions that wait for approval').choices(
        SESSION_STATUS_FILTERS,
      ),
    )
    .option(
      '--min-turns <count>',
      'with at least this many turns; open sessions are counted in steps of 1, 2, 5, 10, 20, 50, …',
      wholeNumber(0),
    )
    .option('--text <text>', 'with this in the title or the id')
    .option('-n, --limit <count>', 'maximum number', wholeNumber(1, 1000), 20)
    .option('--json', 'print an array')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy sessions --limit 5 --json\n  $ colloquy sessions --user ada --status open --min-turns 10',
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<SessionsOptions>();
      const { user: userId, model: modelId, persona, status, minTurns, text, limit } = options;
      const context = await createCliContext(options);
      await withClient(context, async ({ client, terminal }) => {
        const filter = { userId, modelId, persona, status, minTurns, text, limit };
        const sessions = await client.listSessions({ ...filter, countTurns: true });
        if (options.json) {
          terminal.print(JSON.stringify(sessions));
        } else if (sessions.length === 0) {
          const isFiltered = [userId, modelId, persona, status, minTurns, text].some((each) => each !== undefined);
          terminal.note(
            isFiltered ? 'No session matches.' : 'There are no sessions yet. Start one: colloquy send "Hello"',
          );
        } else {
          const header = ['SESSION', 'STATE', 'USER', 'MODEL', 'TURNS', 'STARTED (UTC)', 'TITLE'];
          for (const line of formatTable([header, ...sessions.map(tableRow)])) terminal.print(line);
        }
      });
    });
}

function tableRow(session: SessionSummary): string[] {
  const { sessionId, state, status, userId = '', modelId = '', turnCount = '', startedAt, title = '' } = session;
  // Of one that does not answer just now, the index knows the least.
  const isLeast = state === 'open' && session.isCounted !== true && turnCount !== '' && turnCount > 0;
  return [
    sessionId,
    state === 'open' && status === 'awaiting-approval' ? status : state,
    printable(userId),
    printable(modelId),
    `${turnCount}${isLeast ? '+' : ''}`,
    startedAt.slice(0, 16).replace('T', ' '),
    printable(title),
  ];
}
