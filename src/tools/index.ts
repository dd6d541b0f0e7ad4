/** Exports for modules that define tools: `import { defineTool, ToolError, z } from 'colloquy/tools'`. */
export { z } from 'zod';
export { defineTool } from './tool.js';
export type { Tool, ToolContext, ToolDefinition, ToolResult } from './tool.js';
export { ToolError } from './tool-error.js';
