import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { ColloquyClient } from '../../client/colloquy-client.js';
import type { SendMessageResult } from '../../client/index.js';
import { newSessionId } from '../../client/new-session-id.js';
import type { AskOptions, SessionHandle } from '../../client/session-handle.js';
import { faultOfUserMessage } from '../../domain/session/user-message.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { abortOnInterrupt } from '../interrupt.js';
import {
  addNewSessionOptions,
  addSessionOptions,
  chooseSession,
  newSessionSettings,
  openSession,
  sessionToGoOnWith,
} from './open-session.js';
import type { ChosenSession, SessionDefaults, SessionOptions } from './open-session.js';
import { showAnswer } from './show-answer.js';

interface SendCommandOptions extends GlobalOptions, SessionOptions {
  readonly messageId?: string;
  readonly json?: boolean;
  readonly wait: boolean;
  readonly steer?: boolean;
}

export function addSendCommand(program: Command): void {
  const command = program
    .command('send')
    .description('Send one message and print the answer as it is written.')
    .argument('<text>', 'the message');
  addNewSessionOptions(addSessionOptions(command))
    .option('--message-id <id>', 'sending the same id again returns the first answer (default: random)')
    .option('--steer', 'stop the running answer, so that this message is answered sooner')
    .option('--no-wait', 'do not wait for the answer; it will be in the transcript')
    .option('--json', 'print one object: session, answer, usage, finish reason')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy send "What is the capital of France?"
  $ colloquy send "And of Italy?" --session 20260131-7k2m9x4a --json
  $ colloquy send "What is 17 * 23?" --user ada --tools calculator,clock --temperature 0.7`,
    )
    .action(async (text: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SendCommandOptions>();
      const context = await createCliContext(options);
      const messageId = options.messageId ?? randomUUID();
      const fault = faultOfUserMessage({ messageId, text });
      if (fault !== undefined) throw new CliError(fault);
      const { terminal } = context;
      await withClient(context, async ({ client, config }) => {
        if (!options.wait) {
          const { session } = await chooseSession(client, options, config);
          const { sessionId } = session;
          if (options.session === undefined) terminal.note(`session ${sessionId}`);
          await session.signalTurn(text, messageId);
          terminal.print(options.json ? JSON.stringify({ sessionId, messageId }) : messageId);
          return;
        }
        const { session, modelId, ask } = await prepare(client, options, config);
        if (options.session === undefined) terminal.note(`session ${session.sessionId}`);
        const interrupt = abortOnInterrupt();
        const { steer } = options;
        const say = (how: AskOptions): Promise<SendMessageResult> => ask(text, { ...how, messageId, steer });
        if (options.json) terminal.print(JSON.stringify(await say({ signal: interrupt })));
        else {
          const showThoughts = options.hideThoughts !== true;
          await showAnswer({ client, session, modelId, terminal, showThoughts }, interrupt, say);
        }
      });
    });
}

interface Prepared extends ChosenSession {
  readonly ask: SessionHandle['send'];
}

/** A new session is started by its first message, in one call. */
async function prepare(
  client: ColloquyClient,
  options: SendCommandOptions,
  defaults: SessionDefaults,
): Promise<Prepared> {
  const goesOn = await sessionToGoOnWith(client, options);
  if (goesOn !== undefined) {
    const chosen = await openSession(client, { session: goesOn });
    return { ...chosen, ask: (text, how) => chosen.session.send(text, how) };
  }
  const settings = await newSessionSettings(options, defaults);
  const session = client.session(newSessionId());
  const { sessionId } = session;
  return {
    session,
    modelId: settings.modelId,
    isContinued: false,
    ask: async (text, ask) => (await client.startSessionWith(text, { ...settings, sessionId, ask })).answer,
  };
}
