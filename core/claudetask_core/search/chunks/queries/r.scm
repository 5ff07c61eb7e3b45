(binary_operator lhs: [(identifier) (string)] @name operator: ["<-" "=" "<<-"] rhs: (function_definition)) @function
(program (binary_operator lhs: (identifier) @name operator: ["<-" "="]) @constant)
(call function: (identifier) @_m arguments: (arguments . (argument value: (string) @name)) (#set! words "setClass R6Class setRefClass ")) @class
(call function: (identifier) @_m arguments: (arguments . (argument value: (string) @name)) (#set! words "setGeneric setMethod setValidity")) @function
(call function: (identifier) @_m arguments: (arguments (argument name: (identifier) @name value: (function_definition)) @method) (#set! words "list"))
