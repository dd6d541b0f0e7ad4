import type { Command } from 'commander';
import { sessionWorkflowId } from '../../domain/session/session-id.js';
import { runChat } from './chat.js';
import { createCliContext, withClient, workflowLink } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { abortOnInterrupt } from '../interrupt.js';
import { addNewSessionOptions, addSessionOptions, chooseSession } from '../session/open-session.js';
import type { SessionOptions } from '../session/open-session.js';

type ChatCommandOptions = GlobalOptions & SessionOptions;

export function addChatCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('chat')
    .description(
      'Chat in the terminal, using the stack that is already running. With piped input, each line is a turn.',
    );
  addNewSessionOptions(addSessionOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy chat\n  $ colloquy chat --continue\n  $ colloquy chat --session 20260131-7k2m9x4a\n  $ colloquy chat --user ada --tools calculator\n  $ colloquy chat --panel customer-service',
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<ChatCommandOptions>();
      const context = await createCliContext(options);
      await withClient(context, async ({ client, terminal, stack, config, home }) => {
        const { session, modelId, isContinued } = await chooseSession(client, options, config);
        const { namespace } = client.temporal.options;
        const uiLink = (sessionId: string): string | undefined =>
          stack?.uiUrl && workflowLink(stack.uiUrl, namespace, sessionWorkflowId(sessionId));
        const link = uiLink(session.sessionId);
        terminal.note(`session ${session.sessionId} · ${modelId}${link === undefined ? '' : `\n${link}`}`);
        const signal = abortOnInterrupt();
        const showThoughts = options.hideThoughts !== true;
        const chat = { client, session, modelId, isContinued, terminal, showThoughts, uiLink, home, signal };
        setExitCode(await runChat(chat));
      });
    });
}
