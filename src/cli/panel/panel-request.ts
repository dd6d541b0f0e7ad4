import type { StartPanelOptions } from '../../client/panels-client.js';
import type { ExpertProfile } from '../../domain/panel/expert.js';
import { coordinatorOf, faultsOfPanel } from '../../domain/panel/panel.js';
import type { Way } from '../../domain/panel/panel.js';
import { FileFaultsError } from '../../experts/file-fault.js';
import { findPanelFile } from '../../experts/find-panel-file.js';
import { loadPanel } from '../../experts/load-panel.js';
import type { PanelFile } from '../../experts/load-panel.js';
import { modelIdOf } from '../../models/resolve-model.js';
import { CliError } from '../cli-error.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { loadOwnExperts } from './expert-library.js';
import { readText } from '../read-text.js';
import { resolveExperts } from './resolve-experts.js';
import type { ExpertAddress } from './resolve-experts.js';
import type { ShowOptions } from './show-panel.js';

/** Options of `colloquy panel`. */
export interface PanelOptions extends GlobalOptions, ShowOptions {
  readonly experts?: readonly ExpertAddress[];
  readonly panel?: string;
  readonly coordinator?: string;
  readonly model?: string;
  readonly user?: string;
  readonly way?: Way;
  readonly rounds?: number;
  readonly deadline?: number;
  readonly budgetTokens?: number;
  readonly expertsAtOnce?: number;
  readonly answerTokens?: number;
  readonly review?: boolean;
  readonly id?: string;
}

const DEFAULT_COORDINATOR = 'standardization-expert';

/**
 * Builds the request for a panel from the file of a ready panel and the options, which take precedence. Checks everything before anything starts.
 *
 * @throws {FileFaultsError} with every fault of every file of an expert, of the panel's file, or of what comes of both; {CliError}
 */
export async function readPanelRequest(
  context: CliContext,
  task: string | undefined,
  options: PanelOptions,
): Promise<StartPanelOptions> {
  const { config } = context;
  const known = await loadOwnExperts(context);
  const file = options.panel === undefined ? undefined : await loadPanel(findPanelFile(options.panel), known);
  const experts = await chooseExperts(context, options, file);
  const profileOf = (name: string) => known.find(({ profile }) => profile.name === name)?.profile;
  const coordinator = chooseCoordinator(options, file, profileOf);
  const request: StartPanelOptions = {
    ...(options.id !== undefined && { panelId: options.id }),
    task: task === undefined && file?.task !== undefined ? file.task : await readText(task, context.terminal),
    modelId: modelIdOf(options.model ?? config.model),
    experts,
    ...(coordinator && { coordinator: coordinatorOf(coordinator) }),
    way: options.way ?? file?.way ?? 'coordinator',
    ...(options.user !== undefined && { userId: options.user }),
    limits: {
      ...file?.limits,
      ...given('rounds', options.rounds),
      ...given('deadlineSeconds', options.deadline),
      ...given('tokenBudget', options.budgetTokens),
      ...given('expertsAtOnce', options.expertsAtOnce),
      ...given('answerTokens', options.answerTokens),
    },
    ...(options.review && { review: { plan: true, questions: true, result: true } }),
  };
  // The id belongs to the workflow and is not a setting.
  const { panelId: _, ...settings } = request;
  const faults = faultsOfPanel(settings).map((message) => ({ file: file?.file ?? 'panel', message }));
  if (faults.length > 0) throw new FileFaultsError(faults);
  return request;
}

async function chooseExperts(
  context: CliContext,
  { experts }: PanelOptions,
  file: PanelFile | undefined,
): Promise<readonly ExpertProfile[]> {
  if (experts !== undefined) return resolveExperts(context, experts);
  if (file !== undefined) return file.experts;
  throw new CliError(
    'Name the experts with --experts NAME,NAME ("colloquy experts list" lists them), or a ready panel with --panel FILE.',
  );
}

function chooseCoordinator(
  { coordinator: name }: PanelOptions,
  file: PanelFile | undefined,
  profileOf: (name: string) => ExpertProfile | undefined,
): ExpertProfile | undefined {
  if (name === undefined) return file?.coordinator ?? profileOf(DEFAULT_COORDINATOR);
  const profile = profileOf(name);
  if (profile !== undefined) return profile;
  throw new CliError(
    `"${name}" is not a known expert, so it cannot coordinate. "colloquy experts list" lists the experts.`,
  );
}

function given<Key extends string>(key: Key, value: number | undefined): Partial<Record<Key, number>> {
  const record: Partial<Record<Key, number>> = {};
  if (value !== undefined) record[key] = value;
  return record;
}
