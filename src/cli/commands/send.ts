import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { faultOfUserMessage } from '../../domain/user-message.js';
import { showAnswer } from '../chat.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { abortOnInterrupt } from '../interrupt.js';
import { chooseSession } from '../open-session.js';

interface SendCommandOptions extends GlobalOptions {
  readonly session?: string;
  readonly model?: string;
  readonly persona?: string;
  readonly messageId?: string;
  readonly json?: boolean;
  readonly wait: boolean;
  readonly steer?: boolean;
}

export function addSendCommand(program: Command): void {
  program
    .command('send')
    .description('Send one message and print the answer as it is written.')
    .argument('<text>', 'the message')
    .option('-s, --session <id>', 'the session; without it a new one is started')
    .option('-m, --model <model>', 'model of a new session')
    .option('-p, --persona <text>', 'persona of a new session: text, or @file')
    .option('--message-id <id>', 'sending the same id again returns the first answer (default: random)')
    .option('--steer', 'stop the answer that is being written, so that this message comes sooner')
    .option('--no-wait', 'do not wait for the answer: it will be in the transcript')
    .option('--json', 'print one object: session, answer, usage, finish reason')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy send "What is the capital of France?"
  $ colloquy send "And of Italy?" --session 20260131-7k2m9x4a --json`,
    )
    .action(async (text: string, _options, command: Command) => {
      const options = command.optsWithGlobals<SendCommandOptions>();
      const context = createCliContext(options);
      const messageId = options.messageId ?? randomUUID();
      const fault = faultOfUserMessage({ messageId, text });
      if (fault !== undefined) throw new CliError(fault);
      const { terminal } = context;
      await withClient(context, async ({ client, config }) => {
        const { session, modelId } = await chooseSession(client, options, config);
        const { sessionId } = session;
        if (options.session === undefined) terminal.note(`session ${sessionId}`);
        if (!options.wait) {
          await session.signalTurn(text, messageId);
          terminal.print(options.json ? JSON.stringify({ sessionId, messageId }) : messageId);
          return;
        }
        const interrupt = abortOnInterrupt();
        const { steer } = options;
        if (options.json) {
          terminal.print(JSON.stringify(await session.send(text, { messageId, steer, signal: interrupt })));
        } else {
          await showAnswer({ client, modelId, terminal }, interrupt, (ask) =>
            session.send(text, { ...ask, messageId, steer }),
          );
        }
      });
    });
}
