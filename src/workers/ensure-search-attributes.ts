import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { ColloquyError } from '../client/colloquy-error.js';
import { SESSION_SEARCH_ATTRIBUTES } from '../domain/search-attributes.js';

export interface EnsureSearchAttributesOptions {
  readonly connection: Pick<NativeConnection, 'operatorService' | 'workflowService'>;
  readonly namespace: string;
  /** Default: `VISIBLE_TIMEOUT_MS`. */
  readonly visibleTimeoutMs?: number;
}

/** By default, the services of a cluster refresh the list of search attributes of a namespace every 10 s. */
const VISIBLE_TIMEOUT_MS = 30_000;
const POLL_MS = 100;

type Attribute = (typeof SESSION_SEARCH_ATTRIBUTES)[keyof typeof SESSION_SEARCH_ATTRIBUTES];
const ATTRIBUTES: readonly Attribute[] = Object.values(SESSION_SEARCH_ATTRIBUTES);

/** source: temporal/api/enums/v1/common.proto, IndexedValueType */
const INDEXED_VALUE_TYPES: Readonly<Record<Attribute['type'], number>> = { KEYWORD: 2, INT: 3 };
/** The names of the types in the Temporal CLI. */
const CLI_TYPES = { KEYWORD: 'Keyword', INT: 'Int' } as const;

/**
 * Ensures that the namespace has the search attributes of sessions: registers missing ones, and resolves once queries know all of them.
 * Several workers may do so at the same time.
 *
 * @throws {ColloquyError} `Temporal.SearchAttributes`, with the command to run, if an attribute cannot be registered or has another type
 */
export async function ensureSearchAttributes(options: EnsureSearchAttributesOptions): Promise<void> {
  const { namespace, visibleTimeoutMs = VISIBLE_TIMEOUT_MS } = options;
  const registered = await registeredTypes(options);
  if (registered === 'not-allowed') {
    const unknown = await unknownToQueries(options);
    if (unknown.length === 0) return;
    throw cannotRegister(unknown, namespace, 'this worker may not look at them');
  }
  const misfit = ATTRIBUTES.find(({ name, type }) => {
    const found = registered.get(name);
    return found !== undefined && found !== INDEXED_VALUE_TYPES[type];
  });
  if (misfit) throw hasOtherType(misfit, namespace);
  const missing = ATTRIBUTES.filter(({ name }) => !registered.has(name));
  if (missing.length > 0) await register(missing, options);

  const giveUpAt = Date.now() + visibleTimeoutMs;
  for (;;) {
    const unknown = await unknownToQueries(options);
    if (unknown.length === 0) return;
    if (Date.now() >= giveUpAt) {
      throw cannotRegister(
        unknown,
        namespace,
        `the server still does not know them ${visibleTimeoutMs / 1000} s after they were registered`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** The custom attributes of the namespace. A server that does not let the worker list them may have them nevertheless. */
async function registeredTypes(options: EnsureSearchAttributesOptions): Promise<Map<string, number> | 'not-allowed'> {
  const { connection, namespace } = options;
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Map(Object.entries(customAttributes));
  } catch (error) {
    if (isRefusal(error)) return 'not-allowed';
    throw error;
  }
}

async function register(missing: readonly Attribute[], options: EnsureSearchAttributesOptions): Promise<void> {
  const { connection, namespace } = options;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]])),
    });
  } catch (error) {
    // Another worker registered one first. If it did not add all of them, waiting for the attributes will show that.
    if (hasCode(error, GRPC.alreadyExists)) return;
    if (!(error instanceof Error)) throw error;
    throw cannotRegister(missing, namespace, isGrpcServiceError(error) ? error.details : error.message, error);
  }
}

/**
 * Attributes that queries do not know yet. For some seconds they can differ from the attributes that the server
 * lists, because each service has its own copy.
 */
async function unknownToQueries(options: EnsureSearchAttributesOptions): Promise<Attribute[]> {
  const { connection, namespace } = options;
  const known = await Promise.all(
    ATTRIBUTES.map(async ({ name, type }) => {
      const query = `${name} = ${type === 'INT' ? '0' : "'x'"}`;
      try {
        await connection.workflowService.countWorkflowExecutions({ namespace, query });
        return true;
      } catch (error) {
        if (hasCode(error, GRPC.invalidArgument)) return false;
        throw error;
      }
    }),
  );
  return ATTRIBUTES.filter((_, index) => !known[index]);
}

function cannotRegister(
  attributes: readonly Attribute[],
  namespace: string,
  reason: string,
  cause?: unknown,
): ColloquyError {
  const commands = Object.values(CLI_TYPES).flatMap((cliType) => {
    const names = attributes.filter(({ type }) => CLI_TYPES[type] === cliType).map(({ name }) => `--name ${name}`);
    return names.length === 0 ? [] : `${createCommand(namespace)} ${names.join(' ')} --type ${cliType}`;
  });
  return new ColloquyError(
    'Temporal.SearchAttributes',
    `Namespace "${namespace}" lacks search attributes that sessions need, and they cannot be added from here: ${reason}. ` +
      `Ask an administrator to run: ${commands.join(' && ')}`,
    { cause },
  );
}

function hasOtherType({ name, type }: Attribute, namespace: string): ColloquyError {
  const remove = `temporal operator search-attribute remove --namespace ${namespace} --name ${name}`;
  const create = `${createCommand(namespace)} --name ${name} --type ${CLI_TYPES[type]}`;
  return new ColloquyError(
    'Temporal.SearchAttributes',
    `Search attribute ${name} of namespace "${namespace}" is not of type ${CLI_TYPES[type]}. If nothing else uses it, replace it: ${remove} && ${create}`,
  );
}

function createCommand(namespace: string): string {
  return `temporal operator search-attribute create --namespace ${namespace}`;
}

/** source: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const GRPC = { invalidArgument: 3, alreadyExists: 6, permissionDenied: 7, unimplemented: 12 } as const;

function isRefusal(error: unknown): boolean {
  return hasCode(error, GRPC.permissionDenied) || hasCode(error, GRPC.unimplemented);
}

function hasCode(error: unknown, code: number): boolean {
  const found: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
  return found === code;
}
