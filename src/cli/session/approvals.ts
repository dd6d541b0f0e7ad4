import type { Command } from 'commander';
import type { SessionHandle } from '../../client/session-handle.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';

export function addApproveCommand(program: Command): void {
  program
    .command('approve')
    .description('Allow a tool call that waits for approval.')
    .argument('<session>', 'id of the session')
    .argument('[call]', 'id of the call (default: the one that waits)')
    .option('--json', "print the session's status")
    .addHelpText('after', '\nExample:\n  $ colloquy approve 20260131-7k2m9x4a')
    .action((sessionId: string, callId: string | undefined, _options, command: Command) =>
      resolve(command, sessionId, callId, (session, id) => session.approve(id)),
    );
}

export function addRefuseCommand(program: Command): void {
  program
    .command('refuse')
    .description(
      'Refuse a tool call that waits for approval. The model is told the reason and answers without the call.',
    )
    .argument('<session>', 'id of the session')
    .argument('[call]', 'id of the call (default: the one that waits)')
    .option('--reason <text>', 'reason that the model is told')
    .option('--json', "print the session's status")
    .addHelpText('after', '\nExample:\n  $ colloquy refuse 20260131-7k2m9x4a --reason "Too expensive."')
    .action((sessionId: string, callId: string | undefined, _options, command: Command) => {
      const { reason } = command.opts<{ reason?: string }>();
      return resolve(command, sessionId, callId, (session, id) => session.refuse(id, reason));
    });
}

async function resolve(
  command: Command,
  sessionId: string,
  given: string | undefined,
  say: (session: SessionHandle, callId: string) => ReturnType<SessionHandle['approve']>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
  await withClient(await createCliContext(options), async ({ client, terminal }) => {
    const session = client.session(sessionId);
    const { waitingCalls } = await session.status();
    const callId = given ?? waitingCalls[0]?.callId;
    if (callId === undefined) throw new CliError(`No call of session "${sessionId}" waits for approval.`);
    const status = await say(session, callId);
    terminal.print(options.json ? JSON.stringify(status) : `Call ${callId} is decided; the session continues.`);
  });
}
