import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { calculator } from './calculator.js';
import { clock } from './clock.js';
import { createHttpFetch } from './http-fetch.js';
import { isTool, type Tool } from './tool.js';
import { ToolError } from './tool-error.js';
import { createToolRegistry, type ToolRegistry } from './tool-registry.js';

export interface LoadToolsOptions {
  /** Paths of ES modules whose default export is a tool, or an array of tools. Relative paths start at `folder`. */
  readonly modules: readonly string[];
  /** Hosts that `http-fetch` may access. */
  readonly fetchAllow: readonly string[];
  /** Default: the working directory. */
  readonly folder?: string;
}

/** Loads the tools that come with Colloquy and those of the modules. @throws {ToolError} `Tool.Invalid`, naming the module or the tool */
export async function loadTools({ modules, fetchAllow, folder = '.' }: LoadToolsOptions): Promise<ToolRegistry> {
  const own = [calculator, clock, createHttpFetch({ allow: fetchAllow })];
  const loaded = await Promise.all(modules.map((path) => loadModule(path, folder)));
  return createToolRegistry([...own, ...loaded.flat()]);
}

async function loadModule(path: string, folder: string): Promise<readonly Tool[]> {
  let module: { readonly default?: unknown };
  try {
    // The module belongs to the operator, who names it in the environment.
    // eslint-disable-next-line typescript/no-unsafe-type-assertion
    module = (await import(pathToFileURL(resolve(folder, path)).href)) as { readonly default?: unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ToolError('Tool.Invalid', `The module of tools "${path}" cannot be loaded: ${reason}`, { cause: error });
  }
  const tools: readonly unknown[] = Array.isArray(module.default) ? module.default : [module.default];
  if (tools.every((each) => isTool(each))) return tools;
  throw new ToolError(
    'Tool.Invalid',
    `The module of tools "${path}" must have a tool, or an array of tools, as its default export: export default defineTool({ … }).`,
  );
}
