/** Escapes text from people and models, so that it is shown and not rendered: a message must not be able to draw links or images in the UI. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~-]/gu, '\\$&');
}
