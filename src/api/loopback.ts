/**
 * Checks that requests to a server that only this machine can reach use a name or address of this machine. A web page that makes another name point
 * here (DNS rebinding) sends that name in the Host header, and is refused.
 *
 * @param listening the address that the server listens on
 * @returns the refusal (421), or undefined if the request is allowed
 */
export function refuseOtherHosts(listening: string, request: Request): Response | undefined {
  if (!isLoopback(listening)) return undefined;
  const asked = request.headers.get('host') ?? '';
  if (isLoopback(asked.replace(/:\d*$/u, ''))) return undefined;
  const message =
    `This server answers as localhost, 127.0.0.1 or [::1], not as ${JSON.stringify(asked.slice(0, 100))}. ` +
    'Use one of these, or let it listen on another address with --host.';
  return Response.json({ error: { type: 'Misdirected', message } }, { status: 421 });
}

/** Whether only this machine can reach a server on this address. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/iu.test(host);
}
