export { chatSessionWorkflow } from './chat-session.js';
