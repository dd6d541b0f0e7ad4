import { ConfigError } from './config-error.js';
import type { WebSearchSettings } from './retrieval/web/usable-providers.js';
import { SETTINGS } from './settings.js';
import type { Setting } from './settings.js';

type Values = { readonly [Name in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Name]> };
type ValueOf<Given> = Given extends Setting<infer Value> ? Value : never;

/** The parsed values of `SETTINGS`. Addresses may contain passwords, and keys and tokens are secret: never print them. */
export interface Config extends Omit<Values, keyof WebSearchSettings | 'temporalCliPath'> {
  readonly webSearch: WebSearchSettings;
}

/** @throws {ConfigError} that lists every invalid variable */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const { variable, parser, isSecret } = setting;
    // An empty variable counts as unset, because that is how `.env` files and compose files omit one.
    const given = env[variable] || setting.default;
    if (given === undefined) continue;
    const parsed = parser.safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else {
      const shown = isSecret ? '(not shown)' : JSON.stringify(given);
      faults.push(...parsed.error.issues.map(({ message }) => `${variable}=${shown}: ${message}`));
    }
  }
  if (faults.length > 0) {
    throw new ConfigError(`Wrong environment variables (.env.example explains each): ${faults.join('; ')}`);
  }
  // The parser of each setting produced its value.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  const { searxngUrl, braveApiKey, googleApiKey, googleCx, newsApiKey, temporalCliPath: _, ...rest } = values as Values;
  const webSearch = Object.freeze({ searxngUrl, braveApiKey, googleApiKey, googleCx, newsApiKey });
  return Object.freeze({ ...rest, webSearch });
}
