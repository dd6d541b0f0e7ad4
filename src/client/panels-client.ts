import type { Client } from '@temporalio/client';
import { faultsOfPanel } from '../domain/panel/panel.js';
import type { PanelSettings } from '../domain/panel/panel.js';
import { faultOfPanelId, panelWorkflowId } from '../domain/panel/panel-id.js';
import { SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import type { panelWorkflow } from '../workflows/panel/panel.js';
import { ColloquyError } from './colloquy-error.js';
import { toColloquyError } from './to-colloquy-error.js';
import { newSessionId } from './new-session-id.js';
import { createPanelHandle, toPanelError, toPanelSummary } from './panel-handle.js';
import type { PanelHandle, PanelSummary } from './panel-handle.js';

export interface StartPanelOptions extends PanelSettings {
  /** Default: the date and eight random characters. */
  readonly panelId?: string;
}

/** The panels on a server. */
export interface PanelsClient {
  /**
   * Lets a coordinator and experts work on a task.
   *
   * @throws {ColloquyError} `InvalidRequest`, which names every fault, before anything starts; `PanelExists`
   */
  startPanel(options: StartPanelOptions): Promise<PanelHandle>;
  /** A handle for an existing panel. If it does not exist, the first call on the handle fails. @throws {ColloquyError} `InvalidRequest` */
  panel(panelId: string): PanelHandle;
  /** Lists running panels first, newest first. @param options.limit default: 50 */
  listPanels(options?: { readonly limit?: number }): Promise<PanelSummary[]>;
}

export function createPanelsClient({
  client,
  address,
}: {
  readonly client: Client;
  readonly address: string;
}): PanelsClient {
  const panel = (panelId: string): PanelHandle => {
    const fault = faultOfPanelId(panelId);
    if (fault !== undefined) throw new ColloquyError('InvalidRequest', fault);
    return createPanelHandle(panelId, { client, address });
  };

  return {
    panel,
    async startPanel({ panelId = newSessionId(), ...settings }) {
      const handle = panel(panelId);
      const faults = faultsOfPanel(settings);
      if (faults.length > 0) throw new ColloquyError('InvalidRequest', faults.join(' '));
      const { task, way = 'coordinator', experts } = settings;
      const names = experts.map(({ name }) => name);
      try {
        await client.workflow.start<typeof panelWorkflow>('panelWorkflow', {
          workflowId: panelWorkflowId(panelId),
          taskQueue: SESSIONS_TASK_QUEUE,
          args: [{ ...settings, panelId }],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          memo: { task: excerpt(task, 200), way, experts: names },
          staticSummary: `Panel: ${excerpt(task, 150)}`,
          staticDetails: `By way of ${way}, with ${names.join(', ')}`,
        });
      } catch (error) {
        throw toPanelError(error, { panelId, address });
      }
      return handle;
    },
    async listPanels({ limit = 50 } = {}) {
      const panels: PanelSummary[] = [];
      try {
        const query = "WorkflowType = 'panelWorkflow'";
        for await (const each of client.workflow.list({ query, pageSize: limit })) {
          const summary = toPanelSummary(each);
          if (summary) panels.push(summary);
          if (panels.length === limit) break;
        }
      } catch (error) {
        throw toColloquyError(error, { address });
      }
      return panels;
    },
  };
}
