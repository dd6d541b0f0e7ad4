import { ModelError } from '../model-error.js';

/** The process of an open model. If it has crashed, the next request starts it again. */
export class LiveProcess<Process extends { ended: boolean; opened: Promise<object>; dispose(): Promise<void> }> {
  private disposed = false;

  constructor(
    private readonly modelId: string,
    private readonly start: () => Process,
    private current: Process,
  ) {}

  /** @throws {ModelError} the failure of a restart, or `Model.Unavailable` after `dispose` */
  async running(): Promise<Process> {
    if (this.disposed) {
      throw new ModelError('Model.Unavailable', `Model "${this.modelId}" is closed.`, { retryAfterMs: 1000 });
    }
    if (this.current.ended) this.current = this.start();
    const { current } = this;
    await current.opened;
    return current;
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.current.dispose();
  }
}
