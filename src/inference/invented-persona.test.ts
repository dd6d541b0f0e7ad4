import { describe, expect, it } from 'vitest';
import { openingWithoutInventedPersona } from './invented-persona.js';

const CHATML = {
  beforeSystem: '<|im_start|>system\n',
  afterSystem: '<|im_end|>\n<|im_start|>user\n',
  endMarks: ['<|im_end|>'],
};

describe('the opening of a prompt without a persona', () => {
  it('loses the persona that the template makes up', () => {
    const withoutSystem = '<|im_start|>system\nYou are SmolLM<|im_end|>\n<|im_start|>user\n';
    expect(openingWithoutInventedPersona({ ...CHATML, withoutSystem })).toBe('<|im_start|>user\n');
  });

  it('stays as it is when the template makes up none', () => {
    expect(openingWithoutInventedPersona({ ...CHATML, withoutSystem: '<|im_start|>user\n' })).toBeUndefined();
  });

  it('keeps what the template writes with a persona too', () => {
    const opening = {
      beforeSystem: '<|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\n',
      afterSystem: '<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n',
      endMarks: ['<|eot_id|>'],
    };
    const withoutSystem = opening.beforeSystem + opening.afterSystem;
    expect(openingWithoutInventedPersona({ ...opening, withoutSystem })).toBeUndefined();
  });

  it('stays as it is where the end of the system turn cannot be told', () => {
    const withoutSystem = '[S]made up\n[U]';
    const opening = { withoutSystem, beforeSystem: '[S]', afterSystem: '\n[U]', endMarks: ['</s>', ''] };
    expect(openingWithoutInventedPersona(opening)).toBeUndefined();
  });
});
