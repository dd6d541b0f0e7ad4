import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { CliError } from '../cli-error.js';
import { createCliContext, type GlobalOptions } from '../context.js';
import { abortOnInterrupt } from '../interrupt.js';
import { formatTable, printable } from '../terminal.js';

export function addToolsCommand(program: Command, setExitCode: (code: number) => void): void {
  const tools = program
    .command('tools')
    .description('Tools that a model may call.')
    .addHelpText(
      'after',
      `\nExamples:\n  $ colloquy tools list\n  $ colloquy tools call calculator --arguments '{"expression":"17 * 23"}'`,
    );

  tools
    .command('list')
    .description('List the tools of this machine: those of Colloquy, and those of COLLOQUY_TOOLS.')
    .option('--json', 'print an array, with the schemas of their arguments')
    .addHelpText('after', '\nExamples:\n  $ colloquy tools list\n  $ colloquy tools list --json | jq ".[].name"')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const { config, terminal } = await createCliContext(options);
      const { loadTools } = await import('../../tools/load-tools.js');
      const { unknownTools } = await import('../../tools/tool-digests.js');
      const { runningStack } = await import('../running-stack.js');
      const { descriptions } = await loadTools({ modules: config.tools, fetchAllow: config.fetchAllow });
      const stack = runningStack();
      const unknown = stack?.tools === undefined ? [] : unknownTools(descriptions, stack.tools);
      if (stack !== undefined && unknown.length > 0) {
        const they = unknown.length === 1 ? 'it' : 'them';
        terminal.note(
          `The running stack (process ${stack.owner.pid}) does not know ${unknown.join(', ')} as listed. Stop it, and start it again ` +
            `with the same COLLOQUY_TOOLS and COLLOQUY_FETCH_ALLOW to use ${they}: colloquy start`,
        );
      }
      if (options.json) {
        terminal.print(JSON.stringify(descriptions));
        return;
      }
      const rows = descriptions.map(({ name, needsApproval, timeoutMs, maxAttempts, description }) => [
        name,
        needsApproval ? 'asked for' : 'not needed',
        `${timeoutMs / 1000} s`,
        String(maxAttempts),
        printable(description),
      ]);
      const header = ['TOOL', 'APPROVAL', 'TIMEOUT', 'ATTEMPTS', 'DESCRIPTION'];
      for (const line of formatTable([header, ...rows])) terminal.print(line);
    });

  tools
    .command('call')
    .description('Call a tool on this machine, without a server. Makes one attempt and prints the result.')
    .argument('<name>', 'from "colloquy tools list"')
    .option('-a, --arguments <json>', 'a JSON object', '{}')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy tools call calculator --arguments '{"expression":"sqrt(2) * 10"}'
  $ colloquy tools call clock --arguments '{"timeZone":"Asia/Shanghai"}'
  $ COLLOQUY_FETCH_ALLOW=example.org colloquy tools call http-fetch --arguments '{"url":"https://example.org"}'`,
    )
    .action(async (name: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { arguments: string }>();
      const { config, terminal } = await createCliContext(options);
      const { loadTools } = await import('../../tools/load-tools.js');
      const { callTool } = await import('../../tools/call-tool.js');
      const registry = await loadTools({ modules: config.tools, fetchAllow: config.fetchAllow });
      const tool = registry.get(name);
      const args = parseArguments(options.arguments);
      const signal = abortOnInterrupt();
      try {
        terminal.print(printable(await callTool(tool, args, { signal, idempotencyKey: randomUUID() })));
      } catch (error) {
        if (!signal.aborted) throw error;
        setExitCode(130);
      }
    });
}

/** @throws {CliError} */
function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`--arguments is not valid JSON (${reason}). Give an object, e.g. '{"expression":"1 + 1"}'.`);
  }
}
