/** A template that cannot be parsed or rendered. The message is the reason alone. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(
    message: string,
    readonly options: {
      /** Where in the template, counted from 1; missing where that is not known. */
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

/** What `raise_exception` of a template throws. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}
