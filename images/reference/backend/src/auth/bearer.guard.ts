import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Request } from 'express';
import { type Token, tokenSchema } from './auth.schemas.js';

const bearers = new WeakMap<Request, Token>();

/** Lets a request with a valid `Authorization: Bearer` token pass. */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
    if (scheme?.toLowerCase() !== 'bearer' || !token) throw new UnauthorizedException(['log in first']);
    bearers.set(request, await this.verify(token));
    return true;
  }

  private async verify(token: string): Promise<Token> {
    try {
      return tokenSchema.parse(await this.jwt.verifyAsync(token));
    } catch {
      throw new UnauthorizedException(['the token is not valid, log in again']);
    }
  }
}

/** The bearer of the token, in a handler that {@link BearerGuard} protects. */
export const Bearer = createParamDecorator((_: unknown, context: ExecutionContext): Token => {
  const token = bearers.get(context.switchToHttp().getRequest<Request>());
  if (!token) throw new Error('a handler asks for the bearer but has no BearerGuard');
  return token;
});
