/** An error in parsing or rendering a template. The message is only the reason. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(
    message: string,
    readonly options: {
      /** Line in the template, counted from 1; missing if unknown. */
      readonly line?: number | undefined;
      /** The template itself refuses the conversation (`raise_exception`). */
      readonly isRefusal?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }

  get line(): number | undefined {
    return this.options.line;
  }

  get isRefusal(): boolean {
    return this.options.isRefusal === true;
  }
}

/** The error that a template raises with `raise_exception`. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}
