import type { ExpertProfile } from '../domain/panel/expert.js';

/** @returns the fault of the address, or undefined if it is valid */
export function faultOfExpertUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol)) {
    return `${JSON.stringify(text)} is not the address of an expert. Give one such as http://127.0.0.1:5000`;
  }
  if (url.username !== '' || url.password !== '')
    return `The address of ${url.host} holds a password. Set COLLOQUY_EXPERT_TOKEN instead.`;
  return undefined;
}

/** The profile of an expert on another machine, which needs no file here. @param responsibility default: derived from the name */
export function remoteProfile(name: string, url: string, responsibility = `What a ${name} knows.`): ExpertProfile {
  return { name, responsibility, persona: '', remoteUrl: url };
}
