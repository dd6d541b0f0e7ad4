import type { Config } from '../../config.js';
import { coordinatorOf } from '../../domain/panel/panel.js';
import type { SessionPanel } from '../../domain/panel/panel.js';
import { findPanelFile } from '../../experts/find-panel-file.js';
import { loadPanel } from '../../experts/load-panel.js';
import { loadOwnExperts } from '../panel/expert-library.js';

/** The panel of a file, or a ready one by its name, as it answers a session's turns. @throws {FileFaultsError} with every fault */
export async function readSessionPanel(
  config: Pick<Config, 'experts' | 'tools' | 'fetchAllow'>,
  wanted: string,
): Promise<SessionPanel> {
  const { way, experts, limits, coordinator } = await loadPanel(
    findPanelFile(wanted),
    await loadOwnExperts({ config }),
  );
  return { way, experts, limits, ...(coordinator && { coordinator: coordinatorOf(coordinator) }) };
}
