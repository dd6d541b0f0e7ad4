import { decodingSchema } from '../decoding.js';
import type { Decoding } from '../decoding.js';
import { array, number, object, optional, refined, string, textBy } from '../schema.js';
import type { Schema } from '../schema.js';
import { faultOfPersona } from '../session/user-message.js';
import { modelIdSchema, secondsSchema, toolNamesSchema } from '../value-schemas.js';

/** One expert of a panel: its persona, its responsibility, and its model and tools. */
export interface ExpertProfile {
  /** Unique in the panel, e.g. `law-expert`; see `faultOfExpertName`. */
  readonly name: string;
  /** Its responsibility, in one sentence. The expert declines other questions. */
  readonly responsibility: string;
  /** Its persona, which begins every prompt and is never left out. */
  readonly persona: string;
  /** Default: the panel's model. */
  readonly modelId?: string;
  readonly decoding?: Decoding;
  /** Names of tools that it may call; see `colloquy tools list`. Default: none. */
  readonly tools?: readonly string[];
  /** Time limit of one question, with all attempts. Default: `DEFAULT_EXPERT_SECONDS`. */
  readonly timeoutSeconds?: number;
  /** Attempts for one question. Default: `DEFAULT_EXPERT_ATTEMPTS`; for a remote expert `DEFAULT_REMOTE_ATTEMPTS`. */
  readonly maxAttempts?: number;
  /** Names of knowledge bases that it uses for its answers. Default: none. */
  readonly knowledgeBases?: readonly string[];
  /** Experts of the panel whose answers it is given. It waits for them, whatever the coordinator plans. */
  readonly after?: readonly string[];
  /** Address of a remote expert, which is asked over HTTP and has its own model, decoding and tools. */
  readonly remoteUrl?: string;
}

export const DEFAULT_EXPERT_SECONDS = 300;
export const DEFAULT_EXPERT_ATTEMPTS = 3;
/** A remote expert that restarts within 14 s still answers: after five failures it is not asked for 10 s, and then again. */
export const DEFAULT_REMOTE_ATTEMPTS = 7;

const EXPERT_NAME = /^[a-z0-9][a-z0-9-]{0,59}$/u;

/** The fault of a name, or undefined if it is valid. Names become part of workflow ids and file names, hence the narrow alphabet. */
export function faultOfExpertName(name: string): string | undefined {
  if (EXPERT_NAME.test(name)) return undefined;
  const shown = JSON.stringify(name.slice(0, 40));
  return `Expert name ${shown} is not valid: use 1 to 60 small letters, digits or "-", and begin with no "-".`;
}

export const expertNameSchema = textBy(faultOfExpertName);

const fields = {
  name: expertNameSchema,
  responsibility: string({ minLength: 1, maxLength: 2_000, notBlank: true }),
  // `personaFaults` checks more.
  persona: string({ maxLength: 100_000_000 }),
  decoding: optional(decodingSchema),
  tools: optional(toolNamesSchema),
  timeoutSeconds: optional(secondsSchema),
  maxAttempts: optional(number({ above: 0, most: 1_000, whole: true })),
  knowledgeBases: optional(array(string({ minLength: 1, maxLength: 200, oneLine: true }), { most: 50 })),
  after: optional(array(expertNameSchema, { most: 50 })),
  remoteUrl: optional(textBy(faultOfRemoteUrl)),
} as const;

export const expertProfileSchema: Schema<ExpertProfile> = refined(
  object<ExpertProfile>({ ...fields, modelId: optional(modelIdSchema) }),
  personaFaults,
);

/** An expert that is asked, so its model is known. */
export const askedExpertSchema: Schema<ExpertProfile & { readonly modelId: string }> = refined(
  object<ExpertProfile & { readonly modelId: string }>({ ...fields, modelId: modelIdSchema }),
  personaFaults,
);

/** A remote expert knows its own profile. */
function personaFaults({ name, persona, remoteUrl }: ExpertProfile): string[] {
  const fault = remoteUrl !== undefined && persona === '' ? undefined : faultOfPersona(persona);
  return fault === undefined ? [] : [`Expert "${name}": ${fault}`];
}

function faultOfRemoteUrl(url: string): string | undefined {
  if (/^https?:\/\/\S{1,2000}$/u.test(url)) return undefined;
  return `"remoteUrl" must begin with http:// or https://, not ${JSON.stringify(url.slice(0, 60))}.`;
}
