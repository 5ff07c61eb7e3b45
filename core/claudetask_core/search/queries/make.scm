(rule (targets (word) @name)) @target
(variable_assignment name: (_) @name) @constant
(define_directive name: (_) @name) @function
