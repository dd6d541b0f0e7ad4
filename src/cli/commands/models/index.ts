import type { Command } from 'commander';
import { addModelsInspectCommand } from './inspect.js';
import { addModelsListCommand } from './list.js';
import { addModelsPullCommand } from './pull.js';
import { addModelsRecommendCommand } from './recommend.js';

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('Which models there are, which suits, and fetching them.');
  for (const add of [addModelsListCommand, addModelsPullCommand, addModelsRecommendCommand, addModelsInspectCommand]) {
    add(models);
  }
}
