import type { Config } from '../../config.js';
import { expertFolders, loadExperts } from '../../experts/load-experts.js';
import type { ExpertFile } from '../../experts/parse-expert.js';
import { loadTools } from '../../tools/load-tools.js';
import { modelIdOf } from '../../models/resolve-model.js';

/** The experts on this machine, checked against its tools and models. @throws {FileFaultsError | ToolError} */
export async function loadOwnExperts(
  { config }: { readonly config: Pick<Config, 'experts' | 'tools' | 'fetchAllow'> },
  options: { readonly names?: readonly string[]; readonly folder?: string } = {},
): Promise<ExpertFile[]> {
  const { descriptions } = await loadTools({ modules: config.tools, fetchAllow: config.fetchAllow });
  return loadExperts({
    folders: expertFolders(options.folder ?? config.experts),
    names: options.names,
    toolNames: descriptions.map(({ name }) => name),
    modelIdOf: (model) => modelIdOf(model),
  });
}
