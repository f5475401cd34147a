import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ZodPipe } from '../http/zod.pipe.js';
import { type Login, loginSchema, type Register, registerSchema } from './auth.schemas.js';
import { AuthService, type Session } from './auth.service.js';

@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('register')
  register(@Body(new ZodPipe(registerSchema)) body: Register): Promise<Session> {
    return this.auth.register(body);
  }

  @Post('login')
  @HttpCode(HttpStatus.OK)
  login(@Body(new ZodPipe(loginSchema)) body: Login): Promise<Session> {
    return this.auth.login(body);
  }
}
