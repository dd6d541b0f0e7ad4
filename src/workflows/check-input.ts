import { ApplicationFailure, log, patched, workflowInfo } from '@temporalio/workflow';
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { faultsOf } from '../domain/schema.js';
import type { Schema } from '../domain/schema.js';
import { encodableCommands } from './converters/encodable-commands.js';
import { Undecodable } from './converters/payload-converter.js';
import { WORKFLOW_SCHEMAS } from './workflow-schemas.js';
import type { WorkflowSchemas } from './workflow-schemas.js';

/**
 * Interceptor of all workflows (the bundle names this module): checks every input against its schema before our code sees it, and checks that every
 * command can be encoded. It refuses an invalid input as `InvalidRequest`: the workflow fails at once, the update is rejected, the query fails, and
 * the signal is dropped with a warning.
 */
export function interceptors(): WorkflowInterceptors {
  const known: Readonly<Record<string, WorkflowSchemas | undefined>> = WORKFLOW_SCHEMAS;
  const schemas = known[workflowInfo().workflowType];
  // Tests run workflows of their own.
  if (schemas === undefined) return { internals: [{ concludeActivation: encodableCommands }] };

  const refusal = (name: string, args: readonly unknown[]): ApplicationFailure | undefined => {
    const schema = schemas.messages.get(name);
    // Every handler needs a schema.
    if (schema === undefined) return invalid(`"${name}" has no schema.`);
    return refusalBy(schema, args);
  };
  return {
    inbound: [
      {
        execute(input, next) {
          // The previous run hands on its state; only the server can confirm that there was one.
          const isFirstRun = workflowInfo().continuedFromExecutionRunId === undefined;
          const refused = isFirstRun ? refusalBy(schemas.input, input.args) : undefined;
          return refused !== undefined && isNewer() ? Promise.reject(refused) : next(asOlder(input));
        },
        validateUpdate(input, next) {
          const refused = refusal(input.name, input.args);
          if (refused !== undefined) throw refused;
          next(input);
        },
        handleSignal(input, next) {
          const refused = refusal(input.signalName, input.args);
          if (refused === undefined || !isNewer()) return next(asOlder(input));
          log.warn('Signal refused', { signal: input.signalName, reason: refused.message });
          return Promise.resolve();
        },
        handleQuery(input, next) {
          const refused = refusal(input.queryName, input.args);
          return refused === undefined ? next(input) : Promise.reject(refused);
        },
      },
    ],
    internals: [{ concludeActivation: encodableCommands }],
  };
}

/** The value that versions without `Undecodable` accepted, if they accepted it. */
function asOlder<Input extends { args: unknown[] }>(input: Input): Input {
  return { ...input, args: input.args.map((each) => (each instanceof Undecodable ? each.decoded : each)) };
}

/** An input that an older version accepted stays accepted when its history is replayed. Recorded only when something is refused. */
function isNewer(): boolean {
  return patched('refuse-invalid-input');
}

function refusalBy(schema: Schema<unknown>, args: readonly unknown[]): ApplicationFailure | undefined {
  const [first, ...others] = args;
  const undecodable = args.find((each) => each instanceof Undecodable);
  if (undecodable !== undefined) return invalid(`The argument ${undecodable.fault}`);
  const faults = others.length > 0 ? [`There must be one argument, not ${args.length}.`] : faultsOf(schema, first);
  return faults.length === 0 ? undefined : invalid(faults.join(' '));
}

function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'InvalidRequest');
}
