import type { Command } from 'commander';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { formatTable } from '../terminal.js';

type DeployOptions = GlobalOptions & { readonly json?: boolean };

export function addDeployCommand(program: Command): void {
  const deploy = program
    .command('deploy')
    .description('Versions of the sessions worker: list them, and choose the one on which sessions begin.')
    .addHelpText(
      'after',
      '\nA worker has a version when COLLOQUY_BUILD_ID names one.\n' +
        '\nExamples:\n  $ COLLOQUY_BUILD_ID=2026-02-01 colloquy worker sessions\n' +
        '  $ colloquy deploy set-current 2026-02-01\n  $ colloquy deploy status',
    );

  deploy
    .command('set-current')
    .description(
      'New sessions begin on this version; open sessions move to it after their current turn. Keep the old workers until ' +
        '"colloquy deploy status" shows their version drained.',
    )
    .argument('<build-id>', 'COLLOQUY_BUILD_ID of running workers')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy deploy set-current 2026-02-01')
    .action(async (buildId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<DeployOptions>();
      const context = await createCliContext(options);
      const { deploymentName } = context.config;
      await withClient(context, async ({ client, terminal }) => {
        const { setCurrentVersion } = await import('../../client/deployments.js');
        const previousBuildId = await setCurrentVersion(client, { deploymentName, buildId });
        const before = previousBuildId === undefined ? '' : ` (before: ${previousBuildId})`;
        terminal.print(
          options.json
            ? JSON.stringify({ deploymentName, currentBuildId: buildId, previousBuildId })
            : `Sessions begin on version ${buildId} of ${deploymentName}${before}.`,
        );
      });
    });

  deploy
    .command('status')
    .description('List the versions, newest first.')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy deploy status --json')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<DeployOptions>();
      const context = await createCliContext(options);
      await withClient(context, async ({ client, terminal }) => {
        const { describeDeployment } = await import('../../client/deployments.js');
        const deployment = await describeDeployment(client, context.config.deploymentName);
        if (options.json) {
          terminal.print(JSON.stringify(deployment));
          return;
        }
        const rows = deployment.versions.map(({ buildId, state, createdAt = '' }) => {
          return [buildId, state, createdAt.slice(0, 16).replace('T', ' ')];
        });
        for (const line of formatTable([['BUILD ID', 'STATE', 'SINCE (UTC)'], ...rows])) terminal.print(line);
        if (deployment.currentBuildId === undefined)
          terminal.note('No version is current: sessions begin on workers without a version.');
      });
    });
}
