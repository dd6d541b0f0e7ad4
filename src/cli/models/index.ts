import type { Command } from 'commander';
import { addModelsInspectCommand } from './inspect.js';
import { addModelsListCommand } from './list.js';
import { addModelsPullCommand } from './pull.js';
import { addModelsRecommendCommand } from './recommend.js';

export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('List, choose, inspect and fetch models.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy models recommend\n  $ colloquy models pull llama-3.2-1b-instruct\n  $ colloquy models inspect ./my-model.gguf',
    );
  for (const add of [addModelsListCommand, addModelsPullCommand, addModelsRecommendCommand, addModelsInspectCommand]) {
    add(models);
  }
}
