import type { WorkflowClientInterceptor } from '@temporalio/client';
import { faultOfCharacters } from '../domain/schema-faults.js';
import { faultsOf } from '../domain/schema.js';
import type { Schema } from '../domain/schema.js';
import { WORKFLOW_SCHEMAS } from '../workflows/workflow-schemas.js';
import type { WorkflowSchemas } from '../workflows/workflow-schemas.js';
import { ColloquyError } from './colloquy-error.js';

/** Workflows that receive messages, by the form of their ids. */
const RECEIVERS: readonly (readonly [RegExp, WorkflowSchemas])[] = [
  [/^chat-session\//u, WORKFLOW_SCHEMAS.chatSessionWorkflow],
  [/^panel\/[^/]+$/u, WORKFLOW_SCHEMAS.panelWorkflow],
  [/^ingest-documents\//u, WORKFLOW_SCHEMAS.ingestDocumentsWorkflow],
];

/** Refuses a request before it is sent if its workflow would refuse it, by the same schema: `ColloquyError` of type `InvalidRequest`. */
export function createRequestCheck(): WorkflowClientInterceptor {
  const known: Readonly<Record<string, WorkflowSchemas | undefined>> = WORKFLOW_SCHEMAS;
  const checkStart = (workflowType: string, workflowId: string, args: readonly unknown[]): void => {
    checkId(workflowId);
    check(known[workflowType]?.input, args);
  };
  return {
    async startWithDetails(input, next) {
      checkStart(input.workflowType, input.options.workflowId, input.options.args);
      return next(input);
    },
    async startUpdateWithStart(input, next) {
      const { workflowId, args } = input.workflowStartOptions;
      checkStart(input.workflowType, workflowId, args);
      checkMessage(workflowId, input.updateName, input.updateArgs);
      return next(input);
    },
    async startUpdate(input, next) {
      checkMessage(input.workflowExecution.workflowId ?? '', input.updateName, input.args);
      return next(input);
    },
    async signal(input, next) {
      checkMessage(input.workflowExecution.workflowId ?? '', input.signalName, input.args);
      return next(input);
    },
    async query(input, next) {
      checkMessage(input.workflowExecution.workflowId ?? '', input.queryType, input.args);
      return next(input);
    },
  };
}

function checkMessage(workflowId: string, name: string, args: readonly unknown[]): void {
  checkId(workflowId);
  const [, receiver] = RECEIVERS.find(([pattern]) => pattern.test(workflowId)) ?? [];
  check(receiver?.messages.get(name), args);
}

function checkId(workflowId: string): void {
  const fault = faultOfCharacters(workflowId);
  if (fault !== undefined) throw new ColloquyError('InvalidRequest', `${JSON.stringify(workflowId)} ${fault}`);
}

function check(schema: Schema<unknown> | undefined, [value]: readonly unknown[]): void {
  if (schema !== undefined) checkRequest(schema, value);
}

/** @throws {ColloquyError} `InvalidRequest` */
export function checkRequest(schema: Schema<unknown>, value: unknown): void {
  const faults = faultsOf(schema, value);
  if (faults.length > 0) throw new ColloquyError('InvalidRequest', faults.join(' '));
}
