/**
 * A server that only this machine can reach is asked by a name or address of this machine. A page in a browser that has another name
 * point here (DNS rebinding) shows that name in the Host header, and is refused.
 *
 * @param listening the address that the server listens on
 * @returns the refusal (421), or undefined where the request may go on
 */
export function refuseOtherHosts(listening: string, request: Request): Response | undefined {
  if (!isLoopback(listening)) return undefined;
  const asked = request.headers.get('host') ?? '';
  if (isLoopback(asked.replace(/:\d*$/u, ''))) return undefined;
  const message =
    `This server answers as localhost, 127.0.0.1 or [::1], not as ${JSON.stringify(asked.slice(0, 100))}. ` +
    'Ask it by one of these, or have it listen on another address with --host.';
  return Response.json({ error: { type: 'Misdirected', message } }, { status: 421 });
}

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/iu.test(host);
}
