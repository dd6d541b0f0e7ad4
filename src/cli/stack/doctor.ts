import type { Command } from 'commander';
import type { Finding } from '../../workers/finding.js';
import { createCliContext } from '../context.js';
import type { GlobalOptions } from '../context.js';

const MARKS: Readonly<Record<Finding['state'], string>> = { ok: '✓', note: '•', fault: '✗' };

export function addDoctorCommand(program: Command, setExitCode: (code: number) => void): void {
  program
    .command('doctor')
    .description('Show what this machine has, what is missing, and what to do about it.')
    .option('--json', 'print an array of findings')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy doctor
  $ colloquy doctor --json | jq '.[] | select(.state == "fault")'

Exits with 1 if something would prevent "colloquy start" from working.`,
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const { terminal, config, home } = await createCliContext(options);
      const { examineMachine } = await import('../../workers/examine-machine.js');
      const findings = await examineMachine({ config, home, address: options.temporal, namespace: options.namespace });
      if (findings.some(({ state }) => state === 'fault')) setExitCode(1);
      if (options.json) {
        terminal.print(JSON.stringify(findings));
        return;
      }
      const width = Math.max(...findings.map(({ subject }) => subject.length));
      for (const { state, subject, found, advice } of findings) {
        terminal.print(`${MARKS[state]} ${subject.padEnd(width)}  ${found}`);
        if (advice !== undefined) terminal.print(`  ${' '.repeat(width)}  → ${advice}`);
      }
    });
}
