FROM example/base:ubuntu
