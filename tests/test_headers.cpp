// SPDX-License-Identifier: Apache-2.0
// The program whose precompiled headers the tests use. It is never built itself.
int main() {}
